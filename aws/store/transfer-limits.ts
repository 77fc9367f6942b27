/** Owns the sizes at which S3 wants a transfer in parts. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */

export interface TransferLimits {
  /** Up to this size a file is held in memory and sent in one request. At least 5 MiB, what every part but the last must have. */
  readonly partBytes: number;
  /** What one CopyObject takes. */
  readonly largestCopyBytes: number;
  readonly copyPartBytes: number;
}

const MIB = 1024 ** 2;

/** Ten thousand parts at most: files of up to 78 GiB are stored, and what S3 itself can hold (50 TB) exceeds any program. */
export const S3_LIMITS: TransferLimits = {
  partBytes: 8 * MIB,
  largestCopyBytes: 5 * 1024 * MIB,
  copyPartBytes: 512 * MIB,
};

/** Parts under way at once. With their memory in a Lambda in mind: five parts of 8 MiB, the one that is being read among them. */
export const PARTS_AT_ONCE = 4;

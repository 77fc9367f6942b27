/**
 * Owns the way between SHA-256 in hex, as Slipway writes it, and S3's checksums in base64.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */

const SHA256_BYTES = 32;

export function checksumOf(sha256: string): string {
  return Buffer.from(sha256, 'hex').toString('base64');
}

/**
 * Undefined where S3 has none, or one of parts (`…-7`): that is a digest of digests and says nothing about the file's own.
 */
export function sha256OfChecksum(checksum: string | undefined): string | undefined {
  if (checksum === undefined || checksum.includes('-')) return undefined;
  const bytes = Buffer.from(checksum, 'base64');
  return bytes.length === SHA256_BYTES ? bytes.toString('hex') : undefined;
}

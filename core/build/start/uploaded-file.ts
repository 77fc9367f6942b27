/**
 * Owns how a file comes from somebody who has no rights in the store: one address for exactly these bytes, then the same call again.
 * What is found is held against what was said, before anything is made of it.
 */
import type { Upload } from '../../api/build-calls';
import { digestOfStored } from '../end/keep-artifact';
import type { ArtifactStore, StoredFile } from '../../ports/artifact-store';
import type { Transfers } from '../../ports/transfers';
import { SlipwayError } from '../../slipway-error';

/** One PUT takes no more. https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
const LARGEST_UPLOAD_BYTES = 5 * 1024 ** 3;

/** Until an upload must have begun; one that has begun is not cut off. */
const UPLOAD_SECONDS = 15 * 60;

export interface AnnouncedFile {
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * @returns undefined where it has not been brought yet
 * @throws SlipwayError `checksum-mismatch` when something else is there
 */
export async function findUpload(
  ports: { readonly artifacts: ArtifactStore },
  { key, sizeBytes, sha256 }: AnnouncedFile,
): Promise<StoredFile | undefined> {
  const stored = await ports.artifacts.head(key);
  if (stored === undefined) return undefined;
  const actual = stored.sizeBytes === sizeBytes ? await digestOfStored(ports.artifacts, stored) : undefined;
  if (actual === sha256) return stored;
  const found = actual === undefined ? `${stored.sizeBytes} bytes where ${sizeBytes} were announced` : `sha256 ${actual}`;
  throw new SlipwayError('checksum-mismatch', `'${key}' is not what was announced: it has ${found}`, {
    hint: `remove '${key}' from the bucket and run the command again`,
  });
}

/** @throws SlipwayError `upload-too-large` */
export async function uploadOf(ports: { readonly transfers: Transfers }, file: AnnouncedFile): Promise<Upload> {
  if (file.sizeBytes > LARGEST_UPLOAD_BYTES) {
    throw new SlipwayError('upload-too-large', `'${file.sizeBytes}' bytes are more than one upload may have (${LARGEST_UPLOAD_BYTES})`, {
      hint: 'leave out what the build does not need: slipway plan --files lists what goes in',
    });
  }
  const { key, sizeBytes, sha256 } = file;
  return ports.transfers.upload({ key, sizeBytes, sha256, expiresInSeconds: UPLOAD_SECONDS });
}

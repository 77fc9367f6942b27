/**
 * Lets somebody who has no rights in the store bring or fetch one exact file, for a while, by HTTP.
 * The adapter is presigned S3 addresses. Such an address is a secret: it goes into an answer and never into a log.
 */
import type { Upload } from '../api/build-calls';

export interface Transfers {
  /** One PUT of exactly these bytes; a file that is there already stays. */
  upload(file: {
    readonly key: string;
    readonly sizeBytes: number;
    /** In hex. */
    readonly sha256: string;
    readonly expiresInSeconds: number;
  }): Promise<Upload>;
  /** GETs of exactly this version, saved under the name `file`. */
  download(file: {
    readonly key: string;
    readonly versionId: string;
    readonly file: string;
    readonly expiresInSeconds: number;
  }): Promise<{ readonly url: string; readonly expiresAt: string }>;
}

/** Sending one file to a presigned address. Proxies and certificates are the adapter's business. */
import type { Readable } from 'node:stream';

export interface UploadRequest {
  readonly url: string;
  /** Sent exactly so: they are part of the signature. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  /** Called again for each try. */
  open(): Readable;
  readonly onProgress?: (sentBytes: number) => void;
}

export interface Uploads {
  /**
   * @returns `was-there` when the address holds a file already (HTTP 412)
   * @throws SlipwayError `upload-failed` (retryable) after its tries, `upload-refused` when the address or what is sent does not hold
   */
  put(request: UploadRequest): Promise<'stored' | 'was-there'>;
}

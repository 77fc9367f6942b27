/** Fetching public files: package indexes and pinned tools. Proxies and certificates are the adapter's business. */

export interface DownloadRequest {
  /** http, https or file. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** In hexadecimal: what an index of Python packages says of a file, or what an npm registry says of one. */
export type FileDigest =
  { readonly sha256: string; readonly sha512?: undefined } | { readonly sha512: string; readonly sha256?: undefined };

/** Every method rejects with `download-failed` (retryable: no network, 5xx), `download-not-found` or `download-denied` (401, 403). Credentials in URLs are redacted in messages. */
export interface Downloads {
  text(request: DownloadRequest): Promise<{ readonly body: string; readonly contentType: string; readonly finalUrl: string }>;
  /**
   * Writes to `path` only after the digest was proved.
   * @throws SlipwayError `checksum-mismatch`
   */
  file(request: DownloadRequest, path: string, expected: FileDigest): Promise<void>;
}

/** Where a file is read as it comes, and proved by whoever reads it. */
export interface ReadableDownloads extends Downloads {
  /** The pieces reject with `download-failed` when the connection breaks. */
  open(request: DownloadRequest): Promise<{ readonly pieces: AsyncIterable<Uint8Array> }>;
}

/** Owns what an archive is told of each thing that goes into it. */

export interface PackageEntry {
  /** In the archive, forward slashes: `kit-linux-x86_64/kit`. */
  readonly path: string;
  readonly kind: 'directory' | 'file' | 'link';
  readonly isExecutable: boolean;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  /** Where a link leads, relative. */
  readonly target?: string;
}

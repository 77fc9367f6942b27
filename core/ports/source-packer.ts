/** Turns a source tree into the archive that travels to a build. The adapter is `local/source/source-packer-zip.ts`. */
import type { Readable } from 'node:stream';

export interface SourceRequest {
  /** Absolute path of `source.root`: what the archive holds. */
  readonly root: string;
  /** Ignored files that are brought back, relative to the project folder. */
  readonly include: readonly string[];
  /** The folder of slipway.yaml relative to `root`, forward slashes, `.` where they are one. */
  readonly projectPath: string;
  /** Files and folders that the recipe names, relative to the project folder, each with the key that names it. */
  readonly required: readonly { readonly path: string; readonly namedBy: string }[];
  /** Refuse names that Windows cannot hold. */
  readonly forWindows: boolean;
  /** Files that are not in the tree and go into the archive too: vendored wheels. */
  readonly additions: readonly { readonly path: string; readonly from: string }[];
}

export interface SourceEntry {
  /** Relative to `root`, forward slashes. */
  readonly path: string;
  readonly kind: 'file' | 'link';
  readonly sizeBytes: number;
  readonly isExecutable: boolean;
}

export interface PackedSource {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  /** Files that look like secrets, large files, …; one sentence each. */
  readonly warnings: readonly string[];
  open(): Readable;
  /** Removes the packed file once it is stored elsewhere; nothing can be opened after it. What is never discarded goes after a day. */
  discard?(): Promise<void>;
}

export interface SourcePacker {
  /** What would be packed, in archive order. */
  select(request: SourceRequest): Promise<{ readonly entries: readonly SourceEntry[]; readonly warnings: readonly string[] }>;
  /** The same tree gives the same bytes on any machine, in any time zone, at any time. */
  pack(request: SourceRequest): Promise<PackedSource>;
}

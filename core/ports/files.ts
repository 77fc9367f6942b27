/**
 * The file system as the domain sees it. `local/machine/files-node.ts` is the one module that writes files.
 * Paths are absolute, in the host's own spelling.
 */
import type { Readable, Writable } from 'node:stream';

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly sizeBytes: number;
  /** Permission bits only, such as 0o755. Windows knows no execute bit. */
  readonly mode: number;
  readonly modifiedAtMs: number;
  /**
   * Another one for another file, and for the same file after any change that the system was told of: it compares what was seen with
   * what is there. Absent while a change now could not be told from the last one.
   */
  readonly identity?: string;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileStat['kind'];
}

/** A file that is kept open: what is read stays the same file, whatever becomes of its name. */
export interface OpenFile {
  readonly stat: FileStat;
  /** Fills `buffer` with what begins at `position`; fewer bytes than it holds at the end of the file alone. @returns how many */
  readInto(buffer: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * Every method rejects with a SlipwayError: `file-not-found`, `file-exists`, `disk-full`, `permission-denied`,
 * or `io-failed` with the system's own error as cause.
 */
export interface Files {
  /** Does not follow links. Undefined where nothing is. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Sorted by code units. */
  list(directory: string): Promise<readonly DirectoryEntry[]>;
  readBytes(path: string): Promise<Uint8Array>;
  readText(path: string): Promise<string>;
  /** Up to `length` bytes from `start`; fewer at the end of the file. */
  readRange(path: string, start: number, length: number): Promise<Uint8Array>;
  /** A plain file: a link is not followed. Whoever opens it closes it. */
  open(path: string): Promise<OpenFile>;
  openRead(path: string, range?: { readonly start: number; readonly endExclusive: number }): Readable;
  readLink(path: string): Promise<string>;
  /** Resolves every link on the way. */
  realPath(path: string): Promise<string>;
  freeBytes(path: string): Promise<number>;

  /** Creates parents. Writes a temporary neighbour, then renames: a reader sees the old file or the new one. */
  write(path: string, content: string | Uint8Array, options?: { readonly mode?: number }): Promise<void>;
  /** The same for content that is produced piece by piece: `produce` must end the sink, or reject. */
  writeStream(path: string, produce: (sink: Writable) => Promise<void>, options?: { readonly mode?: number }): Promise<void>;
  /** Fails with `file-exists` where something is: exactly one of several concurrent callers succeeds. */
  create(path: string, content: string | Uint8Array, options?: { readonly mode?: number }): Promise<void>;
  append(path: string, content: string | Uint8Array): Promise<void>;
  /** With parents; no error where it is. */
  makeDirectory(path: string): Promise<void>;
  /** A new empty folder in the system's temporary folder. */
  makeTemporaryDirectory(prefix: string): Promise<string>;
  /** Files, folders with all below, links themselves; no error where nothing is. */
  remove(path: string): Promise<void>;
  /** Files, or folders with all below; keeps modes and links; shares blocks where the file system can. */
  copy(from: string, to: string): Promise<void>;
  move(from: string, to: string): Promise<void>;
  link(target: string, path: string): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
}

/**
 * The Files port on node:fs. The one module that writes files.
 * A write goes to a temporary neighbour and is renamed: power may fail, a reader never sees half a file.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import type { DirectoryEntry, Files, FileStat, OpenFile } from '../../core/ports/files';
import { isSlipwayError } from '../../core/slipway-error';
import { errnoOf, fileError, misplaced } from './file-error';
import { createPatience, type Patience } from './held-files';

async function guarded<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (thrown) {
    if (isSlipwayError(thrown)) throw thrown;
    throw fileError(thrown, file);
  }
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): FileStat['kind'] {
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isDirectory()) return 'directory';
  return entry.isFile() ? 'file' : 'other';
}

/**
 * For so long after a change the next may get the same time: clocks of file systems tick in milliseconds, FAT's in two seconds.
 * A clock that was set back makes times of the future, which say nothing either.
 */
const SETTLED_AFTER_MS = 3_000;

function toFileStat(stats: Stats): FileStat {
  const { size, mtimeMs, ctimeMs } = stats;
  const isSettled = stats.isFile() && Date.now() - Math.max(mtimeMs, ctimeMs) > SETTLED_AFTER_MS;
  return {
    kind: kindOf(stats),
    sizeBytes: size,
    mode: stats.mode & 0o7777,
    modifiedAtMs: mtimeMs,
    ...(isSettled ? { identity: [stats.dev, stats.ino, size, mtimeMs, ctimeMs].join(' ') } : {}),
  };
}

function byCodeUnits(a: DirectoryEntry, b: DirectoryEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Of this process alone: chance for every name would cost more than the write of a small file. */
const NAME_OF_PROCESS = randomBytes(6).toString('hex');
let temporaryNames = 0;

/** A hidden name that no reader takes for the file itself. */
function temporaryNeighbour(file: string): string {
  temporaryNames += 1;
  return path.join(path.dirname(file), `.${path.basename(file).slice(0, 100)}.${NAME_OF_PROCESS}-${temporaryNames}.part`);
}

async function isFolder(directory: string): Promise<boolean> {
  try {
    return (await fs.stat(directory)).isDirectory();
  } catch {
    return false; // What keeps it from being looked at keeps it from being made as well, and is told then.
  }
}

/**
 * A folder with those above it, step by step: Node's own recursive way (20.20) tells a read-only file system as ENOENT
 * and never returns below /proc.
 * @throws SlipwayError `io-failed` naming what stands where a folder should be
 */
async function makeFolders(directory: string): Promise<void> {
  if (await isFolder(directory)) return;
  try {
    await fs.mkdir(directory);
  } catch (thrown) {
    const parent = path.dirname(directory);
    if (!IS_PARENT_MISSING.has(errnoOf(thrown)) || parent === directory) return requireFolder(directory, thrown);
    await makeFolders(parent);
    await fs.mkdir(directory).catch((again: unknown) => requireFolder(directory, again));
  }
}

const IS_PARENT_MISSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/** Whoever was quicker made it; anything else in its place is an error. */
async function requireFolder(directory: string, thrown: unknown): Promise<void> {
  if (await isFolder(directory)) return;
  throw errnoOf(thrown) === 'EEXIST' ? misplaced(`'${directory}' is no folder`, directory, thrown) : fileError(thrown, directory);
}

async function writeBeside(
  file: string,
  mode: number | undefined,
  fill: (temporary: string) => Promise<void>,
  place: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryNeighbour(file);
  await makeFolders(path.dirname(file));
  try {
    await fill(temporary);
    if (mode !== undefined) await fs.chmod(temporary, mode);
    await place(temporary);
  } catch (thrown) {
    await fs.rm(temporary, REMOVAL);
    throw thrown;
  }
}

async function streamInto(temporary: string, mode: number | undefined, produce: (sink: Writable) => Promise<void>): Promise<void> {
  const sink = createWriteStream(temporary, { flags: 'wx', ...(mode === undefined ? {} : { mode }) });
  const failed = new Promise<never>((_resolve, reject) => sink.once('error', reject));
  const closed = new Promise<void>((resolve, reject) => {
    sink.once('error', reject);
    sink.once('close', resolve);
  });
  try {
    // Only an error of the sink ends the wait early: what the producer finds after its last byte still counts.
    await Promise.race([produce(sink), failed]);
    if (!sink.writableEnded) sink.end();
    await closed;
  } catch (thrown) {
    sink.destroy();
    await closed.catch(() => undefined);
    throw thrown;
  }
}

/** File systems without hard links answer in these ways; EISDIR is Windows' on FAT and exFAT (ERROR_INVALID_FUNCTION). */
const NO_HARD_LINKS: ReadonlySet<string> = new Set(['ENOTSUP', 'EPERM', 'ENOSYS', 'EISDIR']);

/** A hard link fails where something is, on every system, and shows the whole content at once. */
async function placeNew(temporary: string, file: string, patience: Patience): Promise<void> {
  try {
    await fs.link(temporary, file);
  } catch (thrown) {
    if (!NO_HARD_LINKS.has(errnoOf(thrown))) throw thrown;
    await patience('changing', () => fs.copyFile(temporary, file, constants.COPYFILE_EXCL));
  }
  await patience('changing', () => fs.unlink(temporary));
}

/** rm itself tries again what is held, each time 100 ms later; and on Windows it removes what is read-only. */
const REMOVAL = { recursive: true, force: true, maxRetries: 10 } as const;

/** Windows has no such flag, and follows. */
const READ_PLAIN = constants.O_RDONLY | ((constants as Partial<typeof constants>).O_NOFOLLOW ?? 0);

async function openPlain(file: string, patience: Patience): Promise<OpenFile> {
  const handle = await patience('reading', () => fs.open(file, READ_PLAIN));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw misplaced(`'${file}' is no plain file`, file, undefined);
    return {
      stat: toFileStat(stats),
      readInto: (buffer, position) => guarded(file, () => readFully(handle, buffer, position)),
      close: () => guarded(file, () => handle.close()),
    };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** The system may give less than was asked for; only nothing is the end. */
async function readFully(handle: fs.FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/**
 * The files of this machine.
 * @param nodePlatform `process.platform`; handed in so that the Windows ways can be tested anywhere
 */
export function createNodeFiles(nodePlatform: NodeJS.Platform = process.platform): Files {
  const patience = createPatience(nodePlatform);
  return { ...readingFiles(patience), ...writingFiles(patience) };
}

type ReadingMethods =
  'stat' | 'list' | 'readBytes' | 'readText' | 'readRange' | 'open' | 'openRead' | 'readLink' | 'realPath' | 'freeBytes';

function readingFiles(patience: Patience): Pick<Files, ReadingMethods> {
  return {
    async stat(file) {
      try {
        return toFileStat(await patience('reading', () => fs.lstat(file)));
      } catch (thrown) {
        const error = fileError(thrown, file);
        if (error.code === 'file-not-found') return undefined;
        throw error;
      }
    },
    list: (directory) =>
      guarded(directory, async () =>
        (await fs.readdir(directory, { withFileTypes: true }))
          .map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
          .sort(byCodeUnits),
      ),
    readBytes: (file) => guarded(file, () => patience('reading', () => fs.readFile(file))),
    readText: (file) => guarded(file, () => patience('reading', () => fs.readFile(file, 'utf8'))),
    readRange: (file, start, length) =>
      guarded(file, async () => {
        const handle = await patience('reading', () => fs.open(file, 'r'));
        try {
          const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, start);
          return buffer.subarray(0, bytesRead);
        } finally {
          await handle.close();
        }
      }),
    open: (file) => guarded(file, () => openPlain(file, patience)),
    openRead: (file, range) => createReadStream(file, range === undefined ? {} : { start: range.start, end: range.endExclusive - 1 }),
    readLink: (file) => guarded(file, () => fs.readlink(file)),
    realPath: (file) => guarded(file, () => fs.realpath(file)),
    freeBytes: (file) =>
      guarded(file, async () => {
        const { bavail, bsize } = await fs.statfs(file);
        return bavail * bsize;
      }),
  };
}

function writingFiles(patience: Patience): Omit<Files, ReadingMethods> {
  return {
    write: (file, content, { mode } = {}) =>
      guarded(file, () =>
        writeBeside(
          file,
          mode,
          (temporary) => fs.writeFile(temporary, content, { flag: 'wx', ...(mode === undefined ? {} : { mode }) }),
          (temporary) => patience('changing', () => fs.rename(temporary, file)),
        ),
      ),
    writeStream: (file, produce, { mode } = {}) =>
      guarded(file, () =>
        writeBeside(
          file,
          mode,
          (temporary) => streamInto(temporary, mode, produce),
          (temporary) => patience('changing', () => fs.rename(temporary, file)),
        ),
      ),
    create: (file, content, { mode } = {}) =>
      guarded(file, () =>
        writeBeside(
          file,
          mode,
          (temporary) => fs.writeFile(temporary, content, { flag: 'wx', ...(mode === undefined ? {} : { mode }) }),
          (temporary) => placeNew(temporary, file, patience),
        ),
      ),
    append: (file, content) => guarded(file, () => patience('changing', () => fs.appendFile(file, content))),
    makeDirectory: (directory) => guarded(directory, () => makeFolders(directory)),
    makeTemporaryDirectory: (prefix) => guarded(tmpdir(), async () => fs.realpath(await fs.mkdtemp(path.join(tmpdir(), prefix)))),
    remove: (file) => guarded(file, () => fs.rm(file, REMOVAL)),
    copy: (from, to) =>
      guarded(from, async () => {
        await makeFolders(path.dirname(to));
        await fs.cp(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
      }),
    move: (from, to) => guarded(from, () => moveAcross(from, to, patience)),
    link: (target, file) =>
      guarded(file, async () => {
        await makeFolders(path.dirname(file));
        await fs.symlink(target, file);
      }),
    setMode: (file, mode) => guarded(file, () => fs.chmod(file, mode)),
  };
}

/** A rename, or between file systems a copy that appears whole and a removal. */
async function moveAcross(from: string, to: string, patience: Patience): Promise<void> {
  await makeFolders(path.dirname(to));
  try {
    await patience('changing', () => fs.rename(from, to));
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EXDEV') throw thrown;
    const temporary = temporaryNeighbour(to);
    try {
      await fs.cp(from, temporary, { recursive: true, verbatimSymlinks: true });
      await patience('changing', () => fs.rename(temporary, to));
    } catch (copyFailed) {
      await fs.rm(temporary, REMOVAL);
      throw copyFailed;
    }
    await fs.rm(from, REMOVAL);
  }
}

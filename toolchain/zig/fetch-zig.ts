/**
 * Owns getting zig, which compiles launchers for every platform on any host: the pinned wheel of `ziglang` is fetched from the package
 * index that pip's configuration names, proved by its hash, and as much of it unpacked as compiling without a C library takes.
 * Nuitka's zig is another one: it comes into the program's environment as a package.
 */
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';
import { PLATFORMS } from '../../core/platform';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { fetchPinned } from '../pinned-download';
import { pinnedVersion, pinnedWheel } from '../pins';
import type { ToolchainContext } from '../toolchain-context';

export interface ZigTool {
  /** Absolute path of the executable. */
  readonly path: string;
  readonly version: string;
  /** Where its headers and import libraries are. */
  readonly libraryDirectory: string;
  /** What each of its processes is told: where to keep what it makes. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Beside the executable: which wheel it came from and how large it must be. */
interface Marker {
  readonly wheelSha256: string;
  readonly sizeBytes: number;
}

/**
 * What launchers are compiled with, of 19,500 files that the wheel holds: the C headers of compiler, Windows and macOS, the lists that
 * import libraries are made from, and zig's own library, by which it knows its folder.
 */
const NEEDED =
  /^ziglang\/(?:zig(?:\.exe)?$|LICENSE$|lib\/(?:std|include|compiler_rt)\/|lib\/[^/]+$|lib\/libc\/include\/any-(?:windows|darwin)-any\/|lib\/libc\/(?:mingw\/(?:lib-common|lib64|def-include)|darwin)\/)/;

/** How many small files are written at once. */
const AT_ONCE = 16;

function directoryOf(context: Pick<ToolchainContext, 'homeDirectory'>): string {
  return path.join(context.homeDirectory, 'toolchains', `zig-${pinnedVersion('ziglang')}`);
}

function executableName(context: Pick<ToolchainContext, 'platform'>): string {
  return `zig${PLATFORMS[context.platform].executableSuffix}`;
}

/** @returns zig where it is there and whole; fetches nothing */
export async function findZig(context: ToolchainContext): Promise<ZigTool | undefined> {
  const directory = directoryOf(context);
  const executable = path.join(directory, executableName(context));
  try {
    const marker = JSON.parse(await context.files.readText(path.join(directory, 'slipway.json'))) as Partial<Marker>;
    const stat = await context.files.stat(executable);
    if (marker.wheelSha256 !== pinnedWheel('ziglang', context.platform).sha256 || stat?.sizeBytes !== marker.sizeBytes) return undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || (isSlipwayError(thrown) && thrown.code === 'file-not-found')) return undefined;
    throw thrown;
  }
  return {
    path: executable,
    version: pinnedVersion('ziglang'),
    libraryDirectory: path.join(directory, 'lib'),
    environment: { ZIG_GLOBAL_CACHE_DIR: path.join(context.homeDirectory, 'cache', 'zig'), ZIG_LIB_DIR: path.join(directory, 'lib') },
  };
}

/**
 * The pinned zig of this host, fetched on first use and kept under `toolchains/`. Safe when several call it at once,
 * and a damaged one is replaced.
 * @throws SlipwayError `tool-not-fetched` without network, `checksum-mismatch`
 */
export async function ensureZig(context: ToolchainContext): Promise<ZigTool> {
  const found = await findZig(context);
  if (found !== undefined) return found;
  context.log(`fetching zig ${pinnedVersion('ziglang')}`);
  // A folder of its own for each attempt, beside the target, where a rename is one step.
  const reserved = await context.files.makeTemporaryDirectory('slipway-zig-');
  const staging = path.join(context.homeDirectory, 'toolchains', `.${path.basename(reserved)}`);
  try {
    const wheel = pinnedWheel('ziglang', context.platform);
    const archive = path.join(staging, wheel.file);
    await fetchPinned(context, 'ziglang', wheel, archive);
    const ready = path.join(staging, 'ready');
    await unpack(context, archive, wheel.sha256, ready);
    await place(context, ready);
  } finally {
    await context.files.remove(staging);
    await context.files.remove(reserved);
  }
  const placed = await findZig(context);
  if (placed !== undefined) return placed;
  throw new SlipwayError(
    'tool-not-fetched',
    `zig ${pinnedVersion('ziglang')} is damaged as soon as it is written to '${directoryOf(context)}'`,
    { hint: `check the disk and programs that change files there, then remove '${directoryOf(context)}'` },
  );
}

async function unpack(context: ToolchainContext, archive: string, wheelSha256: string, ready: string): Promise<void> {
  const zip = await fromBufferPromise(Buffer.from(await context.files.readBytes(archive)), { lazyEntries: true });
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) if (NEEDED.test(entry.fileName) && !entry.fileName.endsWith('/')) entries.push(entry);
  const name = executableName(context);
  if (!entries.some(({ fileName }) => fileName === `ziglang/${name}`))
    throw new SlipwayError('tool-not-fetched', `the wheel of ziglang holds no '${name}'`);
  const queue = entries.values();
  const worker = async () => {
    for (const entry of queue) await writeEntry(context, zip, entry, path.join(ready, ...entry.fileName.split('/').slice(1)), name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const marker: Marker = { wheelSha256, sizeBytes: (await context.files.stat(path.join(ready, name)))?.sizeBytes ?? 0 };
  await context.files.write(path.join(ready, 'slipway.json'), `${JSON.stringify(marker)}\n`);
}

async function writeEntry(context: ToolchainContext, zip: ZipFile, entry: Entry, target: string, executable: string): Promise<void> {
  const content: Readable = await zip.openReadStreamPromise(entry);
  const mode = path.basename(target) === executable ? 0o755 : 0o644;
  await context.files.writeStream(target, (sink) => pipeline(content, sink), { mode });
}

/** The one rename that makes it visible. A folder that is there already is another process's, or a damaged one. */
async function place(context: ToolchainContext, ready: string): Promise<void> {
  const target = directoryOf(context);
  if ((await context.files.stat(target)) !== undefined) {
    if ((await findZig(context)) !== undefined) return;
    await context.files.remove(target);
  }
  try {
    await context.files.move(ready, target);
  } catch (thrown) {
    if (!isSlipwayError(thrown) || (await findZig(context)) === undefined) throw thrown;
  }
}

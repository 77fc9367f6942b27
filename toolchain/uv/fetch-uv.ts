/**
 * Owns getting uv: the pinned wheel is fetched from the package index that pip's configuration names, proved by its hash
 * and unpacked without any Python.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import { PLATFORMS } from '../../core/platform';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { fetchPinned } from '../pinned-download';
import { pinnedVersion, pinnedWheel } from '../pins';
import type { ToolchainContext } from '../toolchain-context';

export interface UvTool {
  /** Absolute path of the executable. */
  readonly path: string;
  readonly version: string;
}

/** Beside the executable: what it must be, so that a damaged one is seen. */
interface Marker {
  readonly sha256: string;
}

/** Where uv is kept, whether it is there or not. */
function uvPath(context: Pick<ToolchainContext, 'homeDirectory' | 'platform'>): string {
  return path.join(directoryOf(context), `uv${PLATFORMS[context.platform].executableSuffix}`);
}

function directoryOf(context: Pick<ToolchainContext, 'homeDirectory'>): string {
  return path.join(context.homeDirectory, 'toolchains', `uv-${pinnedVersion('uv')}`);
}

/** @returns uv where it is there and whole; fetches nothing */
export async function findUv(context: ToolchainContext): Promise<UvTool | undefined> {
  const executable = uvPath(context);
  try {
    const marker = JSON.parse(await context.files.readText(path.join(directoryOf(context), 'slipway.json'))) as Partial<Marker>;
    const isWhole = digest(await context.files.readBytes(executable)) === marker.sha256;
    return isWhole ? { path: executable, version: pinnedVersion('uv') } : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || (isSlipwayError(thrown) && thrown.code === 'file-not-found')) return undefined;
    throw thrown;
  }
}

/**
 * The pinned uv of this host, fetched on first use and kept under `toolchains/`. Safe when several call it at once,
 * and a damaged one is replaced.
 * @throws SlipwayError `tool-not-fetched` without network, `checksum-mismatch`
 */
export async function ensureUv(context: ToolchainContext): Promise<UvTool> {
  const found = await findUv(context);
  if (found !== undefined) return found;
  const wheel = pinnedWheel('uv', context.platform);
  context.log(`fetching uv ${pinnedVersion('uv')}`);
  // A folder of its own for each attempt, so that two which run at once do not meet before the rename. It stands beside the target,
  // where a rename is one step, under the name that the system's temporary folder gave out.
  const reserved = await context.files.makeTemporaryDirectory('slipway-uv-');
  const staging = path.join(context.homeDirectory, 'toolchains', `.${path.basename(reserved)}`);
  try {
    const archive = path.join(staging, wheel.file);
    await fetchPinned(context, 'uv', wheel, archive);
    const ready = path.join(staging, 'ready');
    await unpack(context, archive, ready);
    await place(context, ready);
  } finally {
    await context.files.remove(staging);
    await context.files.remove(reserved);
  }
  const placed = await findUv(context);
  if (placed !== undefined) return placed;
  throw new SlipwayError('tool-not-fetched', `uv ${pinnedVersion('uv')} is damaged as soon as it is written to '${directoryOf(context)}'`, {
    hint: `check the disk and programs that change files there, then remove '${directoryOf(context)}'`,
  });
}

async function unpack(context: ToolchainContext, archive: string, ready: string): Promise<void> {
  const name = `uv${PLATFORMS[context.platform].executableSuffix}`;
  const executable = path.join(ready, name);
  const zip = await openZip(Buffer.from(await context.files.readBytes(archive)));
  await extractEntry(context, zip, `uv-${pinnedVersion('uv')}.data/scripts/${name}`, executable);
  const marker: Marker = { sha256: digest(await context.files.readBytes(executable)) };
  await context.files.write(path.join(ready, 'slipway.json'), `${JSON.stringify(marker)}\n`);
}

const openZip = promisify((buffer: Buffer, done: (error: Error | null, zip?: ZipFile) => void) =>
  fromBuffer(buffer, { lazyEntries: true }, done),
) as (buffer: Buffer) => Promise<ZipFile>;

async function extractEntry(context: ToolchainContext, zip: ZipFile, entryName: string, target: string): Promise<void> {
  const entry = await new Promise<Entry>((resolve, reject) => {
    zip.on('entry', (candidate: Entry) => (candidate.fileName === entryName ? resolve(candidate) : zip.readEntry()));
    zip.once('end', () => reject(new SlipwayError('tool-not-fetched', `the wheel of uv holds no '${entryName}'`)));
    zip.once('error', reject);
    zip.readEntry();
  });
  const source = await promisify(
    zip.openReadStream.bind(zip) as (entry: Entry, done: (error: Error | null, stream: NodeJS.ReadableStream) => void) => void,
  )(entry);
  await context.files.writeStream(target, (sink) => pipeline(source, sink), { mode: 0o755 });
}

/**
 * The one rename that makes it visible. Where a folder is there already it is another process's, or a damaged one: then its files
 * are replaced one by one, each whole at any moment, so that whoever runs uv meanwhile finds it.
 */
async function place(context: ToolchainContext, ready: string): Promise<void> {
  const target = directoryOf(context);
  if ((await context.files.stat(target)) === undefined) {
    try {
      await context.files.move(ready, target);
      return;
    } catch (thrown) {
      if (!isSlipwayError(thrown) || (await context.files.stat(target)) === undefined) throw thrown;
    }
  }
  if ((await findUv(context)) !== undefined) return;
  for (const { name } of await context.files.list(ready)) await context.files.move(path.join(ready, name), path.join(target, name));
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

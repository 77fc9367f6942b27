/**
 * Owns the packages of the npm registry that Slipway keeps unpacked below `toolchains/`: fetched on first use, proved, placed by one
 * rename, and looked at again at each use, so that a damaged one is replaced.
 */
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Parser } from 'tar';
import { z } from 'zod';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import type { ToolchainContext } from '../toolchain-context';
import { sha256OfFile } from '../sha256-of-file';
import { fetchNpmPackage, type NpmPackage } from './npm-registry';

export interface KeptPackageRequest extends NpmPackage {
  /** Its folder below `toolchains/`: name and version, and the platform where there is more than one. */
  readonly folder: string;
  /** Where a file of the archive is kept, relative to the folder; undefined for what nobody needs. */
  placeOf(entry: string): string | undefined;
  /** The file whose digest is looked at again at each use, relative to the folder. */
  readonly main: string;
}

export interface KeptPackage {
  /** Absolute. */
  readonly directory: string;
  /** Absolute. */
  readonly main: string;
  /** Of the main file, as it was when the archive was proved. */
  readonly sha256: string;
}

const MARKER = 'slipway.json';
const MarkerSchema = z.object({ integrity: z.string(), sha256: z.string() });

/** `$SLIPWAY_HOME/toolchains/<folder>` */
export function keptDirectory(context: Pick<ToolchainContext, 'homeDirectory'>, folder: string): string {
  return path.join(context.homeDirectory, 'toolchains', folder);
}

/** @returns undefined where it is not there or not whole; fetches nothing */
export async function findKeptPackage(context: ToolchainContext, request: KeptPackageRequest): Promise<KeptPackage | undefined> {
  const directory = keptDirectory(context, request.folder);
  const main = path.join(directory, request.main);
  try {
    const marker = MarkerSchema.safeParse(JSON.parse(await context.files.readText(path.join(directory, MARKER)))).data;
    if (marker?.integrity !== request.integrity) return undefined;
    return (await sha256OfFile(context.files, main)) === marker.sha256 ? { directory, main, sha256: marker.sha256 } : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || (isSlipwayError(thrown) && thrown.code === 'file-not-found')) return undefined;
    throw thrown;
  }
}

/**
 * Safe when several call it at once.
 * @throws SlipwayError `tool-not-fetched`, `download-denied`, `checksum-mismatch`, and those of the file system
 */
export async function ensureKeptPackage(context: ToolchainContext, request: KeptPackageRequest): Promise<KeptPackage> {
  const found = await findKeptPackage(context, request);
  if (found !== undefined) return found;
  context.log(`fetching ${request.name} ${request.version}`);
  const directory = keptDirectory(context, request.folder);
  // Beside the target, where a rename is one step, under a name that the system's temporary folder gave out to nobody else.
  const reserved = await context.files.makeTemporaryDirectory('slipway-npm-');
  const staging = path.join(path.dirname(directory), `.${path.basename(reserved)}`);
  try {
    const archive = path.join(staging, 'package.tgz');
    await fetchNpmPackage(context, request, archive);
    const ready = path.join(staging, 'ready');
    await unpack(context, archive, ready, (entry) => request.placeOf(entry));
    const main = path.join(ready, request.main);
    if ((await context.files.stat(main))?.kind !== 'file') throw withoutMain(request);
    const marker = { integrity: request.integrity, sha256: await sha256OfFile(context.files, main) };
    await context.files.write(path.join(ready, MARKER), `${JSON.stringify(marker)}\n`);
    await place(context, request, ready, directory);
  } finally {
    await context.files.remove(staging);
    await context.files.remove(reserved);
  }
  const placed = await findKeptPackage(context, request);
  if (placed !== undefined) return placed;
  throw new SlipwayError('tool-not-fetched', `${request.name} ${request.version} is damaged as soon as it is written to '${directory}'`, {
    hint: `check the disk and programs that change files there, then remove '${directory}'`,
  });
}

function withoutMain({ name, version, main }: KeptPackageRequest): SlipwayError {
  return new SlipwayError('tool-not-fetched', `the package '${name}' of version '${version}' holds no '${main}'`, {
    hint: 'name another version in slipway.yaml',
  });
}

/** Where something is there already it is another process's, which is as good, or a damaged one, which is moved out of the way. */
async function place(context: ToolchainContext, request: KeptPackageRequest, ready: string, directory: string): Promise<void> {
  const { files } = context;
  if ((await files.stat(directory)) === undefined) {
    try {
      return await files.move(ready, directory);
    } catch (thrown) {
      if ((await files.stat(directory)) === undefined) throw thrown;
    }
  }
  if ((await findKeptPackage(context, request)) !== undefined) return;
  await files.move(directory, path.join(path.dirname(ready), 'damaged'));
  await files.move(ready, directory);
}

/** Plain files alone, each at the place that it is given; the archive was proved, its names are not trusted all the same. */
async function unpack(
  { files }: ToolchainContext,
  archive: string,
  directory: string,
  placeOf: (entry: string) => string | undefined,
): Promise<void> {
  let queue = Promise.resolve();
  let failure: unknown;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      const place = entry.type === 'File' || entry.type === 'OldFile' ? placeOf(entry.path.replace(/^[^/]+\//, '')) : undefined;
      if (place === undefined || isOutside(place)) {
        entry.resume();
        return;
      }
      const content = new PassThrough();
      entry.pipe(content);
      const mode = ((entry.mode ?? 0) & 0o111) === 0 ? 0o644 : 0o755;
      queue = queue.then(async () => {
        try {
          if (failure === undefined)
            await files.writeStream(path.join(directory, ...place.split('/')), (sink) => pipeline(content, sink), { mode });
          else content.resume();
        } catch (thrown) {
          failure = thrown;
          content.resume();
        }
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    parser.on('end', () => resolve());
    parser.on('error', reject);
    const source = files.openRead(archive);
    source.on('error', reject);
    source.pipe(parser);
  });
  await queue;
  if (failure !== undefined) throw failure as Error;
}

function isOutside(place: string): boolean {
  return place.split('/').some((part) => part === '' || part === '.' || part === '..' || /[\\\0:]/.test(part));
}

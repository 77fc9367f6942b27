/**
 * The SourcePacker port: selects a source tree and packs it into a zip that depends on the tree alone.
 * What is selected is decided in `core/source/source-selection.ts`, read by `source-walk.ts`, written by `zip-writer.ts`.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import posix from 'node:path/posix';
import type { Files } from '../../core/ports/files';
import type { PackedSource, SourceEntry, SourcePacker, SourceRequest } from '../../core/ports/source-packer';
import { SlipwayError } from '../../core/slipway-error';
import { checkLinks, checkRequired, checkNames } from '../../core/source/source-tree-check';
import { isExecutable, writeArchive } from './source-content';
import { reading, walkSource, type TreeFile } from './source-walk';
import { secretWarnings, sizeWarnings, trackedWarnings } from './source-warnings';
import type { ZipSummary } from './zip-writer';

export interface ZipSourcePackerOptions {
  readonly files: Files;
  /** Where archives lie until they are discarded. */
  readonly directory: string;
  /** `$SLIPWAY_HOME`: never part of a source, also where it lies in the tree. */
  readonly homeDirectory: string;
  /** Of this host. Windows keeps no execute bit: there a file that begins with `#!` counts as executable. */
  readonly nodePlatform: NodeJS.Platform;
  readonly now: () => number;
}

const LEFTOVER_AFTER_MS = 24 * 3_600_000;
const ARCHIVE_NAME = /^source-[0-9a-f-]{36}\.zip$/;

interface Selection {
  /** Sorted by code units of the path. */
  readonly files: readonly TreeFile[];
  readonly warnings: readonly string[];
}

export function createZipSourcePacker(options: ZipSourcePackerOptions): SourcePacker {
  return {
    select: (request) => Promise.resolve().then(() => listing(request, options)),
    pack: (request) => pack(request, options),
  };
}

function listing(
  request: SourceRequest,
  options: ZipSourcePackerOptions,
): { entries: readonly SourceEntry[]; warnings: readonly string[] } {
  const { files, warnings } = selectSource(request, options);
  const entries = files.map((file) => ({
    path: file.path,
    kind: file.kind,
    sizeBytes: file.sizeBytes,
    isExecutable: file.kind === 'file' && isExecutable(file, options.nodePlatform),
  }));
  return { entries, warnings };
}

async function pack(request: SourceRequest, options: ZipSourcePackerOptions): Promise<PackedSource> {
  const { files } = options;
  await removeLeftovers(options);
  const selection = selectSource(request, options);
  const archive = path.join(options.directory, `source-${randomUUID()}.zip`);
  let summary: ZipSummary | undefined;
  await files.writeStream(archive, async (sink) => {
    summary = await writeArchive(sink, selection.files, options.nodePlatform);
    sink.end();
  });
  if (summary === undefined) throw new SlipwayError('internal', 'the source archive was never finished');
  return {
    ...summary,
    fileCount: selection.files.length,
    warnings: selection.warnings,
    open: () => files.openRead(archive),
    discard: () => files.remove(archive),
  };
}

/** Archives that a killed run left behind. */
async function removeLeftovers({ files, directory, now }: ZipSourcePackerOptions): Promise<void> {
  await files.makeDirectory(directory);
  for (const { name } of await files.list(directory)) {
    const leftover = path.join(directory, name);
    if (!ARCHIVE_NAME.test(name) && !/^\.source-.*\.part$/.test(name)) continue;
    const stat = await files.stat(leftover);
    if (stat !== undefined && stat.modifiedAtMs < now() - LEFTOVER_AFTER_MS) await files.remove(leftover);
  }
}

function selectSource(request: SourceRequest, { homeDirectory }: ZipSourcePackerOptions): Selection {
  const fromRoot = (relative: string): string => withoutDot(posix.join(request.projectPath, relative));
  const include = request.include.map(fromRoot);
  const tree = walkSource({ root: request.root, include, ownDirectories: [homeDirectory] });
  const files = withAdditions(tree.files, request.additions);
  const checked = {
    paths: files.map((file) => file.path),
    links: new Map(files.flatMap((file) => (file.target === undefined ? [] : [[file.path, file.target] as const]))),
    exclusions: tree.exclusions,
  };
  const linkWarnings = checkLinks(checked);
  checkNames(checked, request.forWindows);
  const required = [
    ...request.include.map((relative) => ({ path: fromRoot(relative), namedBy: 'source.include' })),
    ...request.required.map(({ path: relative, namedBy }) => ({ path: fromRoot(relative), namedBy })),
  ];
  checkRequired(checked, required, (relative) => existsSync(path.join(request.root, relative)));
  return {
    files,
    warnings: [...tree.warnings, ...linkWarnings, ...secretWarnings(files), ...sizeWarnings(files), ...trackedWarnings(tree, request.root)],
  };
}

/** `.` and a slash at the end mean nothing here: the root is the empty path. */
function withoutDot(relative: string): string {
  const plain = relative.replace(/\/+$/, '');
  return plain === '.' ? '' : plain;
}

/** An addition takes the place of what the tree has at its path. */
function withAdditions(tree: readonly TreeFile[], additions: SourceRequest['additions']): readonly TreeFile[] {
  const all = new Map(tree.map((file) => [file.path, file]));
  for (const { path: relative, from } of additions) {
    const absolute = reading(from, from, () => realpathSync(from));
    const { size, mtimeMs } = reading(from, from, () => lstatSync(absolute));
    all.set(relative, { path: relative, absolute, kind: 'file', sizeBytes: size, modifiedAtMs: mtimeMs, mode: 0o644 });
  }
  for (const { path: relative } of additions) {
    for (let folder = posix.dirname(relative); folder !== '.'; folder = posix.dirname(folder)) {
      if (!all.has(folder)) continue;
      throw new SlipwayError('source-conflict', `'${folder}' has to be a folder, because '${relative}' is added to the source`, {
        hint: `leave '${folder}' out with .slipwayignore`,
      });
    }
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

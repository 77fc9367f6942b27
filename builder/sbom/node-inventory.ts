/**
 * Owns the inventory of a Node program: the runtime that it ships with, the packages that esbuild says are in its bundle or that its
 * assets were taken from, with what the lock says of each, and the launcher in front of them.
 */
import path from 'node:path';
import posix from 'node:path/posix';
import { z } from 'zod';
import type { Job } from '../../core/job/job';
import { packageUrl } from '../../core/provenance/package-url';
import type { SbomHash, SbomPart } from '../../core/provenance/sbom';
import { NPM_LOCK_FILES } from '../../core/project/npm-lock';
import { assetPlace, assetSource, globBase, isGlob, matchesGlob, type NodeAsset } from '../../core/recipe/node-asset';
import type { NodeRuntime } from '../../toolchain/node/node-tools';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { inJob, projectDirectory } from '../job-layout';
import type { NodeBinary } from '../job-programs';
import { packageFolderOf, packageNameOf } from '../node/bundle-content';
import { bundleName, contentFolder, installDirectory, runtimeName } from '../node/node-paths';
import { walkFolder } from '../inspect/walk-folder';
import type { Inventory } from './inventory';
import { LAUNCHER, placesOf } from './program-places';

/** What compile-node lays beside the runtime. */
const RUNTIME_LICENSE = 'LICENSE.node';

/** A package of which anything is in a bundle; its folder is relative to the project's. */
interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

/** What a Node program was bundled from. */
export interface NodeOrigin {
  readonly runtime: Pick<NodeRuntime, 'version' | 'package' | 'isPinned'>;
  readonly packages: readonly BundledPackage[];
}

export async function nodeInventory(
  context: BuilderContext,
  job: Job,
  { binary, node }: NodeBinary,
  { runtime, packages }: NodeOrigin,
  built: BuiltBinary,
): Promise<Inventory> {
  const lock = await readLock(context, job, node);
  const runtimeEntry = runtimePart(runtime);
  const { content, launcher } = placesOf(binary, built, `${contentFolder(binary.name)}/`);
  const owners = new Map<string, string>([
    ...(launcher === undefined ? [] : [[launcher, LAUNCHER.ref] as const]),
    [`${content}${runtimeName(job.platform)}`, runtimeEntry.ref],
    [`${content}${RUNTIME_LICENSE}`, runtimeEntry.ref],
  ]);
  const taken = new Map(packages.map((each) => [each.folder, each]));
  for (const { file, stat } of await walkFolder(context.files, path.join(built.directory, ...content.split('/')))) {
    const source = stat.kind === 'directory' ? undefined : originOf(node.assets, file);
    const folder = source === undefined ? undefined : packageFolderOf(source);
    if (folder === undefined) continue;
    const found = taken.get(folder) ?? (await readPackage(context, job, folder));
    taken.set(folder, found);
    owners.set(content + file, lock.refOf(found));
  }
  const bundle = content + bundleName(binary.name);
  return {
    parts: [LAUNCHER, runtimeEntry, ...[...taken.values()].map((each) => lock.partOf(each, runtimeEntry.ref))],
    owners,
    embedded: packages.map((each) => ({ ref: lock.refOf(each), file: bundle, symbol: each.name })),
  };
}

/** The file of the project that lies at a place beside the bundle; undefined for what no asset brought. */
function originOf(assets: readonly NodeAsset[], place: string): string | undefined {
  for (const asset of assets) {
    const source = posix.normalize(assetSource(asset)).replace(/\/$/, '');
    if (isGlob(source)) {
      const target = typeof asset === 'string' ? '.' : posix.normalize(asset.to);
      const file = posix.join(globBase(source), posix.relative(target, place));
      if (matchesGlob(source, file)) return file;
    } else if (assetPlace(asset, false) === place) return source;
    else {
      const folder = assetPlace(asset, true);
      if (place === folder || place.startsWith(`${folder}/`)) return posix.join(source, posix.relative(folder, place));
    }
  }
  return undefined;
}

function runtimePart({ version, package: { name, integrity }, isPinned }: NodeOrigin['runtime']): SbomPart {
  const purl = packageUrl({ type: 'generic', name: 'node', version });
  const from = packageUrl({ ...npmName(name), version });
  return {
    ref: purl,
    type: 'platform',
    name: 'Node.js',
    version,
    description: 'JavaScript runtime',
    purl,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    license: { expression: 'MIT' },
    hashes: hashesOf(integrity),
    homepage: 'https://nodejs.org/',
    properties: { 'provided-by': from, 'is-pinned': String(isPinned) },
    dependsOn: [],
  };
}

const LockedPackageSchema = z.object({
  version: z.string().optional().catch(undefined),
  resolved: z.string().optional().catch(undefined),
  integrity: z.string().optional().catch(undefined),
  license: z.string().optional().catch(undefined),
  link: z.boolean().optional().catch(undefined),
  dependencies: z.record(z.string(), z.string()).optional().catch(undefined),
});
const LockSchema = z.object({ packages: z.record(z.string(), LockedPackageSchema).catch({}) });

interface NpmLock {
  refOf(found: BundledPackage): string;
  partOf(found: BundledPackage, runtimeRef: string): SbomPart;
}

/** Where others come from than the public registry is nobody's business who gets the program. */
const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';

async function readLock(context: BuilderContext, job: Job, node: NodeBinary['node']): Promise<NpmLock> {
  const directory = installDirectory(job, node);
  const packages = await lockedPackages(context, directory);
  // Keys of the lock are relative to its own folder, esbuild names files relative to the project's.
  const keyOf = (folder: string) => posix.relative(directory, posix.join(projectDirectory(job), folder));
  const lockedOf = (found: BundledPackage) => packages[keyOf(found.folder)];
  const isFromRegistry = (found: BundledPackage) => lockedOf(found)?.integrity !== undefined;
  const refOf = (found: BundledPackage) =>
    isFromRegistry(found) ? packageUrl({ ...npmName(found.name), version: found.version }) : `local:${found.name}@${found.version}`;
  return {
    refOf,
    partOf(found, runtimeRef) {
      const ref = refOf(found);
      const locked = lockedOf(found);
      const hashes = hashesOf(locked?.integrity);
      const needed = Object.keys(locked?.dependencies ?? {}).flatMap((name) => resolved(packages, keyOf(found.folder), name) ?? []);
      const isPublic = locked?.resolved?.startsWith(PUBLIC_REGISTRY) === true;
      return {
        ref,
        type: 'library',
        name: found.name,
        version: found.version,
        ...(isFromRegistry(found) ? { purl: ref } : {}),
        ...(locked?.license === undefined ? {} : { license: { expression: locked.license } }),
        hashes,
        ...(isPublic && locked.resolved !== undefined ? { distribution: { url: locked.resolved, hashes } } : {}),
        dependsOn: [...needed, runtimeRef],
      };
    },
  };
}

type LockedPackages = Readonly<Record<string, z.infer<typeof LockedPackageSchema>>>;

async function lockedPackages(context: BuilderContext, directory: string): Promise<LockedPackages> {
  for (const name of NPM_LOCK_FILES) {
    const file = path.join(inJob(context, directory), name);
    if ((await context.files.stat(file)) === undefined) continue;
    return LockSchema.parse(JSON.parse(await context.files.readText(file))).packages;
  }
  return {};
}

/** As Node finds it: in the package's own `node_modules`, then in that of each folder above. @returns its ref */
function resolved(packages: LockedPackages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.includes('/') ? posix.dirname(folder) : '') {
    const key = posix.join(folder, 'node_modules', name);
    const found = posix.basename(folder) === 'node_modules' ? undefined : packages[key];
    if (found?.version !== undefined) return packageUrl({ ...npmName(name), version: found.version });
    if (folder === '') return undefined;
  }
}

/** https://developer.mozilla.org/en-US/docs/Web/Security/Subresource_Integrity : several may stand in one. */
function hashesOf(integrity: string | undefined): readonly SbomHash[] {
  const algorithms = { sha512: 'SHA-512', sha384: 'SHA-384', sha256: 'SHA-256', sha1: 'SHA-1' } as const;
  return (integrity ?? '').split(/\s+/).flatMap((part): SbomHash[] => {
    const [, name = '', digest = ''] = /^(sha\d+)-([A-Za-z0-9+/=]+)/.exec(part) ?? [];
    const alg = Object.entries(algorithms).find(([known]) => known === name)?.[1];
    return alg === undefined ? [] : [{ alg, content: Buffer.from(digest, 'base64').toString('hex') }];
  });
}

function npmName(name: string): { readonly type: 'npm'; readonly namespace?: string; readonly name: string } {
  const [, scope, plain] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  return scope === undefined || plain === undefined ? { type: 'npm', name } : { type: 'npm', namespace: scope, name: plain };
}

/** Of a package that only an asset was taken from. */
async function readPackage(context: BuilderContext, job: Job, folder: string): Promise<BundledPackage> {
  const file = path.join(inJob(context, posix.join(projectDirectory(job), folder)), 'package.json');
  const { version } = z.object({ version: z.string().catch('') }).parse(JSON.parse(await context.files.readText(file)));
  return { name: packageNameOf(folder), version, folder };
}

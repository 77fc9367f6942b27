/**
 * Owns finding the packages of a bundle that need machine code: one bundle serves every machine, so none of it can be in there.
 * What counts is what went into the bundle; a package that only helps to build the program may be as native as it likes.
 */
import path from 'node:path';
import { z } from 'zod';
import type { BuilderContext } from '../builder-context';
import { inJob } from '../job-layout';
import { isPackageName, packageNameOf, type BundleContent } from './bundle-content';
import posix from 'node:path/posix';

export interface NativePackage {
  readonly name: string;
  readonly reason: string;
}

/** Packages whose whole purpose is to find and load an addon of the package that imports them. */
const LOADERS: ReadonlySet<string> = new Set([
  'bindings',
  'node-gyp-build',
  'node-gyp-build-optional-packages',
  '@mapbox/node-pre-gyp',
  'node-pre-gyp',
  'node-addon-api',
  'pkg-prebuilds',
  'prebuild-install',
]);

const words = z.record(z.string(), z.string()).optional().catch(undefined);
const PackageSchema = z.object({
  name: z.string().optional().catch(undefined),
  version: z.string().optional().catch(undefined),
  gypfile: z.boolean().optional().catch(undefined),
  scripts: words,
  optionalDependencies: words,
});
type PackageFile = z.infer<typeof PackageSchema>;

/** How packages for one platform are called: `@rollup/rollup-linux-x64-gnu`, `@esbuild/win32-x64`, `kit-darwin-arm64`. */
const FOR_ONE_PLATFORM = /(?:^|[-/.@])(?:linux|darwin|win32|windows|macos|android|freebsd)(?:-|$)/;

/**
 * @param directory that esbuild ran in, relative to the job directory
 * @param external packages that were left out on purpose
 * @returns each package once, sorted by name, with the first reason that was found
 */
export async function findNativePackages(
  context: BuilderContext,
  directory: string,
  content: BundleContent,
  external: readonly string[],
): Promise<readonly NativePackage[]> {
  const found = new Map<string, string>();
  const blame = (name: string, reason: string) => {
    if (!found.has(name)) found.set(name, reason);
  };
  for (const file of content.files) if (file.endsWith('.node')) blame(packageNameOf(file), `it loads the addon ${posix.basename(file)}`);
  for (const { wanted, importer } of content.leftOut) {
    if (wanted.endsWith('.node') && !external.includes(wanted))
      blame(packageNameOf(importer), `it loads the addon ${posix.basename(wanted)}`);
    else if (isPackageName(wanted) && FOR_ONE_PLATFORM.test(wanted) && !external.includes(packageOf(wanted)))
      blame(packageNameOf(importer), `it loads ${wanted}, a package for one platform`);
  }
  for (const folder of content.packageFolders) {
    const name = packageNameOf(folder);
    if (LOADERS.has(name)) continue;
    const reason = await reasonOf(context, inJob(context, posix.join(directory, folder)), external);
    if (reason !== undefined) blame(name, reason);
  }
  for (const importer of await importersOfLoaders(context, directory, content)) blame(importer.name, importer.reason);
  return [...found].map(([name, reason]) => ({ name, reason })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function reasonOf(context: BuilderContext, folder: string, external: readonly string[]): Promise<string | undefined> {
  const manifest = await readPackage(context, folder);
  if (manifest === undefined) return undefined;
  if (manifest.gypfile === true || (await context.files.stat(path.join(folder, 'binding.gyp'))) !== undefined)
    return 'it is compiled by node-gyp (binding.gyp)';
  if ((await context.files.stat(path.join(folder, 'prebuilds'))) !== undefined) return 'it brings addons in prebuilds/';
  const script = [manifest.scripts?.install, manifest.scripts?.preinstall].find((text) =>
    /\b(?:node-gyp|node-pre-gyp|prebuild-install|cmake-js|prebuildify)\b/.test(text ?? ''),
  );
  if (script !== undefined) return `it compiles an addon when it is installed: ${script}`;
  const own = Object.keys(manifest.optionalDependencies ?? {}).find((name) => FOR_ONE_PLATFORM.test(name) && !external.includes(name));
  return own === undefined ? undefined : `its code for each platform is in packages such as ${own}`;
}

/** A loader is in the bundle for the sake of a package that names it among its dependencies. */
async function importersOfLoaders(context: BuilderContext, directory: string, content: BundleContent): Promise<readonly NativePackage[]> {
  const loaders = content.packageFolders.map(packageNameOf).filter((name) => LOADERS.has(name));
  if (loaders.length === 0) return [];
  const found: NativePackage[] = [];
  for (const folder of content.packageFolders.filter((each) => !LOADERS.has(packageNameOf(each)))) {
    const file = path.join(inJob(context, posix.join(directory, folder)), 'package.json');
    if ((await context.files.stat(file)) === undefined) continue;
    const { dependencies } = z
      .object({ dependencies: words })
      .catch({ dependencies: undefined })
      .parse(JSON.parse(await context.files.readText(file)));
    const loader = loaders.find((name) => dependencies?.[name] !== undefined);
    if (loader !== undefined) found.push({ name: packageNameOf(folder), reason: `it loads an addon by ${loader}` });
  }
  if (found.length > 0) return found;
  return loaders.map((name) => ({ name, reason: 'it loads addons, and the program imports it' }));
}

/** The package that a name such as `@scope/kit/lib/x` is of. */
function packageOf(wanted: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(wanted)?.[0] ?? wanted;
}

async function readPackage(context: BuilderContext, folder: string): Promise<PackageFile | undefined> {
  const file = path.join(folder, 'package.json');
  if ((await context.files.stat(file)) === undefined) return undefined;
  return PackageSchema.safeParse(JSON.parse(await context.files.readText(file))).data;
}

/** Name and version of each package that went in, for the report. */
export async function packagesOf(
  context: BuilderContext,
  directory: string,
  content: BundleContent,
): Promise<readonly { readonly name: string; readonly version: string; readonly folder: string }[]> {
  const packages = await Promise.all(
    content.packageFolders.map(async (folder) => {
      const manifest = await readPackage(context, inJob(context, posix.join(directory, folder)));
      return { name: manifest?.name ?? packageNameOf(folder), version: manifest?.version ?? 'unknown', folder };
    }),
  );
  return packages.sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

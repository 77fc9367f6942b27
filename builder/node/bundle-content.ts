/**
 * Owns what a bundle is made of, from esbuild's own account of it: which files of which packages went in, and what stayed out.
 * Format: https://esbuild.github.io/api/#metafile
 */
import { isBuiltin } from 'node:module';
import posix from 'node:path/posix';
import { z } from 'zod';
import { SlipwayError } from '../../core/slipway-error';

const MetafileSchema = z.object({
  inputs: z.record(
    z.string(),
    z.object({
      format: z.string().optional(),
      imports: z.array(z.object({ path: z.string(), external: z.boolean().optional() })),
    }),
  ),
});

/** Something that a file of the bundle asks for by a name that nothing in the bundle answers to. */
export interface LeftOut {
  /** As it is asked for: `bufferutil`, `./build/Release/kit.node`. */
  readonly wanted: string;
  /** Relative to the folder that esbuild ran in. */
  readonly importer: string;
}

export interface BundleContent {
  /** Every file that went in, relative to the folder that esbuild ran in. */
  readonly files: readonly string[];
  /** The folders of the packages that they belong to, sorted. */
  readonly packageFolders: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** Files of CommonJS. */
  readonly commonJs: ReadonlySet<string>;
}

export function readBundleContent(metafile: string): BundleContent {
  const parsed = MetafileSchema.safeParse(JSON.parse(metafile));
  if (!parsed.success) throw new SlipwayError('internal', 'esbuild tells what it bundled in a way that this builder does not know');
  const inputs = Object.entries(parsed.data.inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const folders = inputs.flatMap(([file]) => packageFolderOf(file) ?? []);
  return {
    files: inputs.map(([file]) => file),
    packageFolders: [...new Set(folders)].sort(),
    leftOut: inputs.flatMap(([importer, { imports }]) =>
      imports
        .filter(({ path, external }) => external === true && path !== '<runtime>' && !isOfNode(path))
        .map(({ path }) => ({ wanted: path, importer })),
    ),
    commonJs: new Set(inputs.filter(([, { format }]) => format === 'cjs').map(([file]) => file)),
  };
}

/** `a/node_modules/@scope/kit` of a file in it; undefined for a file of the program itself. */
export function packageFolderOf(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

/** `@scope/kit` of a file of it; `.` for the program itself. */
export function packageNameOf(file: string): string {
  const folder = packageFolderOf(file);
  return folder === undefined ? '.' : folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Whether a module comes with Node. The Node of this builder may be older than the program's and not know a newer one: the prefix does. */
export function isOfNode(wanted: string): boolean {
  return wanted.startsWith('node:') || isBuiltin(wanted);
}

/** Whether a name is of a package and not of a file. */
export function isPackageName(wanted: string): boolean {
  return !wanted.startsWith('.') && !posix.isAbsolute(wanted) && !/^(?:[a-z]+:|#)/i.test(wanted);
}

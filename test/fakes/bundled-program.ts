/** A TypeScript file as a program of its own, for tests that need another process: bundled as the command line is. */
import { build } from 'esbuild';
import { TEXT_LOADERS } from '../../scripts/text-loaders.mjs';

/** @param entry absolute @param program where it goes, absolute, with `.mjs` */
export async function bundleProgram(entry: string, program: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    loader: TEXT_LOADERS,
    logLevel: 'error',
  });
}

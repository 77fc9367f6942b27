/** A TypeScript file of a benchmark as a program of its own, bundled as the command line is. */
import { build } from 'esbuild';
import { TEXT_LOADERS } from '../scripts/text-loaders.mjs';

/**
 * @param {string} entry absolute @param {string} program where it goes, absolute, with `.mjs`
 * @param {Pick<import('esbuild').BuildOptions, 'plugins'>} [options]
 */
export async function bundleProgram(entry, program, options = {}) {
  await build({
    ...options,
    entryPoints: [entry],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    loader: TEXT_LOADERS,
    logLevel: 'warning',
  });
}

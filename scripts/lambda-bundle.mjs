/**
 * Bundles each entry of lambda/entries/ into `<outdir>/<name>/index.mjs`: one file with the SDK in it, as Lambda loads it.
 * A target that an emulator's Node can run too; Lambda itself runs a newer one.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { TEXT_LOADERS } from './text-loaders.mjs';

/**
 * zod brings its messages in fifty languages, which no bundler can tell to be unused: a quarter of every function.
 * Ours are read by people who read the rest of Slipway in English. zod 4.6.7; can go when its languages are imported one by one.
 * @type {import('esbuild').Plugin}
 */
const englishOnly = {
  name: 'english-only',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/**
 * @param {string} root of the repository
 * @param {string} outdir
 * @returns {Promise<readonly string[]>} the names of the functions
 */
export async function bundleLambdas(root, outdir) {
  const names = (await readdir(path.join(root, 'lambda/entries'))).map((file) => path.basename(file, '.ts')).sort();
  await build({
    absWorkingDir: path.resolve(root),
    entryPoints: names.map((name) => ({ in: `lambda/entries/${name}.ts`, out: `${name}/index` })),
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    loader: TEXT_LOADERS,
    // The SDK's modules for ES bundlers: of them what is not called can be left out.
    mainFields: ['module', 'main'],
    // Names stay, so that a stack in a log says where it was; they cost a fifth of the size and nothing in time.
    minifyWhitespace: true,
    minifySyntax: true,
    // yazl is CommonJS and asks for Node's own modules.
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    plugins: [englishOnly],
    legalComments: 'none',
    logLevel: 'warning',
  });
  return names;
}

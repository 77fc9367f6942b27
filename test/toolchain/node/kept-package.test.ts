import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { SlipwayError } from '../../../core/slipway-error';
import { createNodeFiles } from '../../../local/machine/files-node';
import { ensureKeptPackage, type KeptPackageRequest } from '../../../toolchain/node/kept-package';
import { createToolchainFixture, type FixtureOptions, type ToolchainFixture } from '../toolchain-fixture';

interface TarFile {
  readonly name: string;
  readonly text: string;
  readonly mode?: number;
  readonly type?: 'File' | 'SymbolicLink';
}

function tgz(files: readonly TarFile[]): Buffer {
  const blocks = files.flatMap(({ name, text, mode = 0o644, type = 'File' }) => {
    const header = Buffer.alloc(512);
    const size = type === 'File' ? Buffer.byteLength(text) : 0;
    new Header({ path: name, mode, size, type, mtime: new Date(0), ...(type === 'File' ? {} : { linkpath: text }) }).encode(header);
    const body = Buffer.alloc(Math.ceil(size / 512) * 512);
    if (type === 'File') body.write(text);
    return [header, body];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const ARCHIVE = tgz([
  { name: 'package/bin/node', text: 'the runtime', mode: 0o755 },
  { name: 'package/LICENSE', text: 'the licence' },
  { name: 'package/include/node.h', text: 'a header' },
  { name: 'package/bin/link', text: '/etc/passwd', type: 'SymbolicLink' },
]);
const integrityOf = (bytes: Buffer) => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

const REQUEST: KeptPackageRequest = {
  name: '@kit/node',
  version: '1.2.3',
  integrity: integrityOf(ARCHIVE),
  folder: 'kit-1.2.3',
  main: 'node',
  placeOf: (entry) => ({ 'bin/node': 'node', LICENSE: 'LICENSE', 'bin/link': 'link' })[entry],
};

let fixture: ToolchainFixture;
let asked: { readonly url: string; readonly authorization?: string }[];
afterEach(() => fixture.close());

/** A registry that has one package; what it serves is proved as the real port does. */
function open(options: FixtureOptions & { readonly archive?: Buffer; readonly tarball?: string } = {}): void {
  const { archive = ARCHIVE, tarball } = options;
  asked = [];
  fixture = createToolchainFixture({
    ...options,
    downloads: {
      text: (request) => {
        asked.push({ url: request.url });
        if (tarball === undefined) return Promise.reject(new SlipwayError('download-not-found', `there is nothing at '${request.url}'`));
        const body = JSON.stringify({ dist: { integrity: REQUEST.integrity, tarball } });
        return Promise.resolve({ body, contentType: 'application/json', finalUrl: request.url });
      },
      async file(request, target, expected) {
        const authorization = request.headers?.authorization;
        asked.push({ url: request.url, ...(authorization === undefined ? {} : { authorization }) });
        if (tarball !== undefined && request.url !== tarball)
          throw new SlipwayError('download-not-found', `there is nothing at '${request.url}'`);
        if (createHash('sha512').update(archive).digest('hex') !== expected.sha512)
          throw new SlipwayError('checksum-mismatch', 'another digest');
        await createNodeFiles().write(target, archive);
      },
    },
  });
}

const toolchains = () => path.join(fixture.context.homeDirectory, 'toolchains');

test('is fetched once, proved, and holds what is needed of it alone', async () => {
  open();
  const kept = await ensureKeptPackage(fixture.context, REQUEST);
  expect(kept.main).toBe(path.join(toolchains(), 'kit-1.2.3', 'node'));
  expect(kept.sha256).toBe(createHash('sha256').update('the runtime').digest('hex'));
  expect(readdirSync(kept.directory).sort()).toEqual(['LICENSE', 'node', 'slipway.json']);
  expect(statSync(kept.main).mode & 0o777).toBe(0o755);
  expect(await ensureKeptPackage(fixture.context, REQUEST)).toEqual(kept);
  expect(asked).toEqual([{ url: 'https://registry.npmjs.org/@kit/node/-/node-1.2.3.tgz' }]);
  expect(readdirSync(toolchains())).toEqual(['kit-1.2.3']);
});

test('the registry and the token are those of the configuration of npm', async () => {
  open({ environment: { npm_config_registry: 'https://npm.example/', 'npm_config_//npm.example/:_authToken': 'T' } });
  await ensureKeptPackage(fixture.context, REQUEST);
  expect(asked).toEqual([{ url: 'https://npm.example/@kit/node/-/node-1.2.3.tgz', authorization: 'Bearer T' }]);
});

test('a registry that keeps archives elsewhere says where', async () => {
  open({ tarball: 'https://registry.npmjs.org/files/kit.tgz' });
  await ensureKeptPackage(fixture.context, REQUEST);
  expect(asked.map(({ url }) => url)).toEqual([
    'https://registry.npmjs.org/@kit/node/-/node-1.2.3.tgz',
    'https://registry.npmjs.org/@kit%2fnode/1.2.3',
    'https://registry.npmjs.org/files/kit.tgz',
  ]);
});

test('a damaged one is fetched again', async () => {
  open();
  const kept = await ensureKeptPackage(fixture.context, REQUEST);
  writeFileSync(kept.main, 'changed');
  await ensureKeptPackage(fixture.context, REQUEST);
  expect(readFileSync(kept.main, 'utf8')).toBe('the runtime');
  expect(asked).toHaveLength(2);
});

test('two at once leave one whole package and nothing beside it', async () => {
  open();
  const [one, other] = await Promise.all([ensureKeptPackage(fixture.context, REQUEST), ensureKeptPackage(fixture.context, REQUEST)]);
  expect(one).toEqual(other);
  expect(readdirSync(toolchains())).toEqual(['kit-1.2.3']);
});

test('where the folder for downloads is made, the archive is kept by its digest', async () => {
  open();
  const downloads = path.join(fixture.context.homeDirectory, 'cache', 'downloads');
  mkdirSync(downloads, { recursive: true });
  await ensureKeptPackage(fixture.context, REQUEST);
  expect(readdirSync(downloads)).toEqual([createHash('sha512').update(ARCHIVE).digest('hex')]);
  rmSync(path.join(toolchains(), 'kit-1.2.3'), { recursive: true });
  await ensureKeptPackage(fixture.context, REQUEST);
  expect(asked).toHaveLength(1);
});

test.each([
  ['another content', () => open({ archive: tgz([{ name: 'package/bin/node', text: 'evil' }]) }), 'checksum-mismatch'],
  [
    'a name that nobody has',
    () => open({ tarball: 'https://registry.npmjs.org/@kit/node/-/node-1.2.3.tgz', archive: Buffer.from('') }),
    'checksum-mismatch',
  ],
])('%s is not kept', async (_, prepare, code) => {
  prepare();
  await expect(ensureKeptPackage(fixture.context, REQUEST)).rejects.toMatchObject({ code });
  expect(existsSync(toolchains()) ? readdirSync(toolchains()) : []).toEqual([]);
});

test('without a network it is said what could not be had, and from where', async () => {
  fixture = createToolchainFixture();
  await expect(ensureKeptPackage(fixture.context, REQUEST)).rejects.toMatchObject({
    code: 'tool-not-fetched',
    message: expect.stringContaining("cannot get '@kit/node@1.2.3' from 'https://registry.npmjs.org'") as string,
    hint: expect.stringContaining('npm config set registry URL') as string,
  });
});

test('a package without its main file is refused', async () => {
  const archive = tgz([{ name: 'package/LICENSE', text: 'the licence' }]);
  open({ archive });
  await expect(ensureKeptPackage(fixture.context, { ...REQUEST, integrity: integrityOf(archive) })).rejects.toMatchObject({
    code: 'tool-not-fetched',
  });
});

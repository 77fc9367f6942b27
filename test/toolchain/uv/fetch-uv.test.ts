import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { Downloads } from '../../../core/ports/downloads';
import { createNodeFiles } from '../../../local/machine/files-node';
import { pinnedVersion, pinnedWheel } from '../../../toolchain/pins';
import { ensureUv, findUv } from '../../../toolchain/uv/fetch-uv';
import { createToolchainFixture, type ToolchainFixture } from '../toolchain-fixture';

const version = pinnedVersion('uv');
const wheel = pinnedWheel('uv', 'linux-x86_64');
let fixture: ToolchainFixture;
let fetched: { readonly url: string; readonly sha256: string }[];

async function wheelBytes(entry: string): Promise<Buffer> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from('the executable'), entry);
  zip.end();
  return Buffer.concat(await Readable.from(zip.outputStream).toArray());
}

/** An index that knows uv, and one file behind every address. */
function index(entry = `uv-${version}.data/scripts/uv`): Downloads {
  const files = createNodeFiles();
  return {
    text: ({ url }) => Promise.resolve({ body: `<a href="../../${wheel.file}">uv</a>`, contentType: 'text/html', finalUrl: url }),
    async file({ url }, target, { sha256 = '' }) {
      fetched.push({ url, sha256 });
      await files.write(target, await wheelBytes(entry));
    },
  };
}

beforeEach(() => {
  fetched = [];
});

afterEach(() => fixture.close());

test('fetches the pinned wheel from the configured index, once, and unpacks the executable', async () => {
  fixture = createToolchainFixture({ downloads: index(), environment: { PIP_INDEX_URL: 'https://me:pw@m.example/pypi/simple/' } });
  const uv = await ensureUv(fixture.context);
  expect(uv).toEqual({ path: path.join(fixture.context.homeDirectory, 'toolchains', `uv-${version}`, 'uv'), version });
  expect(readFileSync(uv.path, 'utf8')).toBe('the executable');
  expect(statSync(uv.path).mode & 0o111).not.toBe(0);
  expect(await ensureUv(fixture.context)).toEqual(uv);
  expect(fetched).toEqual([{ url: `https://me:pw@m.example/pypi/${wheel.file}`, sha256: wheel.sha256 }]);
});

test('several at once leave one whole uv and nothing beside it', async () => {
  fixture = createToolchainFixture({ downloads: index() });
  const all = await Promise.all([1, 2, 3, 4].map(() => ensureUv(fixture.context)));
  expect(new Set(all.map((uv) => uv.path)).size).toBe(1);
  expect(readdirSync(path.join(fixture.context.homeDirectory, 'toolchains'))).toEqual([`uv-${version}`]);
});

test.each([
  ['truncated', (file: string) => truncateSync(file, 3)],
  ['changed', (file: string) => writeFileSync(file, 'the executabel')],
  ['without its marker', (file: string) => writeFileSync(path.join(path.dirname(file), 'slipway.json'), '{')],
])('repairs one that is %s', async (_, damage) => {
  fixture = createToolchainFixture({ downloads: index() });
  const uv = await ensureUv(fixture.context);
  damage(uv.path);
  expect(await findUv(fixture.context)).toBeUndefined();
  expect(readFileSync((await ensureUv(fixture.context)).path, 'utf8')).toBe('the executable');
  expect(readdirSync(path.join(fixture.context.homeDirectory, 'toolchains'))).toEqual([`uv-${version}`]);
});

test('several at once repair a damaged one, and it is never away', async () => {
  fixture = createToolchainFixture({ downloads: index() });
  const uv = await ensureUv(fixture.context);
  truncateSync(uv.path, 3);
  const missing: number[] = [];
  let isOver = false;
  const watch = (async () => {
    for (let look = 0; !isOver; look++) {
      if (!existsSync(uv.path)) missing.push(look);
      await new Promise(setImmediate);
    }
  })();
  await Promise.all([1, 2, 3, 4].map(() => ensureUv(fixture.context)));
  isOver = true;
  await watch;
  expect(missing).toEqual([]);
  expect(readFileSync(uv.path, 'utf8')).toBe('the executable');
});

test('takes it from a folder of links without asking any index', async () => {
  fixture = createToolchainFixture({ environment: {} });
  const links = path.join(fixture.directory, 'wheels');
  await fixture.context.files.write(path.join(links, wheel.file), await wheelBytes(`uv-${version}.data/scripts/uv`));
  const context = {
    ...fixture.context,
    environment: { PIP_NO_INDEX: '1', PIP_FIND_LINKS: `/nowhere ${links}` },
    downloads: { ...index(), text: () => Promise.reject(new Error('no index may be asked')) },
  };
  await ensureUv(context);
  expect(fetched.map(({ url }) => url)).toEqual([`file://${links}/${wheel.file}`]);
});

test.each([
  [
    'without network',
    undefined,
    { PIP_INDEX_URL: 'https://me:pw@m.example/s' },
    /cannot get 'uv-.*': cannot fetch '.*m\.example\/s\/uv\/': no network/,
    /check the network/,
  ],
  [
    'from an index that does not hold it',
    { body: '<a href="other-1.0.whl">x</a>' },
    { PIP_INDEX_URL: 'https://me:pw@m.example/s' },
    /'https:\/\/\*\*\*@m\.example\/s' does not hold it/,
    /mirror the file/,
  ],
])('says clearly what to do %s', async (_, page, environment, message, hint) => {
  const downloads =
    page === undefined
      ? undefined
      : { ...index(), text: ({ url }: { url: string }) => Promise.resolve({ ...page, contentType: 'text/html', finalUrl: url }) };
  fixture = createToolchainFixture({ environment, ...(downloads === undefined ? {} : { downloads }) });
  await expect(ensureUv(fixture.context)).rejects.toMatchObject({
    code: 'tool-not-fetched',
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  });
  expect(existsSync(path.join(fixture.context.homeDirectory, 'toolchains', `uv-${version}`))).toBe(false);
});

test('a wheel without the executable is refused', async () => {
  fixture = createToolchainFixture({ downloads: index('uv/uv') });
  await expect(ensureUv(fixture.context)).rejects.toMatchObject({ code: 'tool-not-fetched' });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { indexCredentials, urlWithCredentials } from '../../toolchain/index-credentials';
import { readRegistries, registryEnvironment } from '../../toolchain/machine-registries';
import { createToolchainFixture, type ToolchainFixture } from './toolchain-fixture';

let fixture: ToolchainFixture;
afterEach(() => fixture.close());

const put = (name: string, text: string) => {
  const file = path.join(fixture.context.userDirectory, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};
/** System-wide files of this machine are kept out. */
const environment = (more: Record<string, string> = {}) => ({ XDG_CONFIG_DIRS: '/nowhere', UV_NO_CONFIG: '1', ...more });

test("reads the user's pip.conf, and what it names that is not there is left out", async () => {
  fixture = createToolchainFixture();
  mkdirSync(path.join(fixture.context.userDirectory, 'wheels'), { recursive: true });
  put(
    '.config/pip/pip.conf',
    '[install]\nextra-index-url = https://me:pw@corp.example/s\nfind-links = ~/wheels /nowhere https://links.example/\ncert = /nowhere.pem\n',
  );
  const registries = await readRegistries({ ...fixture.context, environment: environment() });
  expect(registries).toMatchObject({
    extraIndexes: ['https://me:pw@corp.example/s'],
    findLinks: [path.join(fixture.context.userDirectory, 'wheels'), 'https://links.example/'],
  });
  expect(registries).not.toHaveProperty('certificatePath', '/nowhere.pem');
});

test("PIP_CONFIG_FILE takes the place of the user's file", async () => {
  fixture = createToolchainFixture();
  put('.config/pip/pip.conf', '[global]\nindex-url = https://user.example/s\n');
  const named = put('own.conf', '[global]\nindex-url = https://named.example/s\n');
  expect(await readRegistries({ ...fixture.context, environment: environment({ PIP_CONFIG_FILE: named }) })).toMatchObject({
    defaultIndex: 'https://named.example/s',
  });
});

test("uv's own file wins over pip's", async () => {
  fixture = createToolchainFixture();
  put('.config/pip/pip.conf', '[global]\nindex-url = https://pip.example/s\n');
  put('.config/uv/uv.toml', '[[index]]\nurl = "https://uv.example/s"\ndefault = true\n');
  const context = { ...fixture.context, environment: { XDG_CONFIG_DIRS: '/nowhere' } };
  expect(await readRegistries(context)).toMatchObject({ defaultIndex: 'https://uv.example/s' });
  expect(await registryEnvironment(context)).not.toHaveProperty('UV_DEFAULT_INDEX');
});

test("pip's no-index becomes an index that holds nothing", async () => {
  fixture = createToolchainFixture();
  const variables = await registryEnvironment({ ...fixture.context, environment: environment({ PIP_NO_INDEX: '1' }) });
  expect(variables.UV_DEFAULT_INDEX).toBe(`file://${path.join(fixture.context.homeDirectory, 'cache', 'empty-index')}`);
  expect(await fixture.context.files.list(path.join(fixture.context.homeDirectory, 'cache', 'empty-index'))).toEqual([]);
});

test.each([
  ['corp', { UV_INDEX_CORP_USERNAME: 'me', UV_INDEX_CORP_PASSWORD: 'p/w' }, 'https://me:p%2Fw@corp.example/s'],
  ['my-corp.x', { POETRY_HTTP_BASIC_MY_CORP_X_PASSWORD: 't' }, 'https://:t@corp.example/s'],
  ['corp', { UV_INDEX_CORP_USERNAME: 'me' }, 'https://corp.example/s'],
])('credentials of the index %s', (name, variables, expected) => {
  fixture = createToolchainFixture();
  expect(urlWithCredentials('https://corp.example/s', indexCredentials(variables as Record<string, string>, name))).toBe(expected);
});

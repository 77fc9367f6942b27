import { readPipConfiguration } from '../../../core/host/pip-configuration';
import { isSameIndex, PUBLIC_INDEX, readUvIndexes, registriesOf, uvRegistryVariables } from '../../../core/host/registries';

const EMPTY = 'file:///home/cache/empty-index';
const variables = (pipFile: string, environment: Record<string, string> = {}, uvToml?: string) => {
  const uv = uvToml === undefined ? undefined : readUvIndexes(uvToml);
  return uvRegistryVariables(
    registriesOf(readPipConfiguration([pipFile], environment), uv, environment),
    uv !== undefined,
    environment,
    EMPTY,
  );
};

describe('uvRegistryVariables', () => {
  test.each<[string, string, Record<string, string>, Record<string, string>]>([
    ['nothing is configured', '', {}, {}],
    ['an index', '[global]\nindex-url = https://m.example/simple/', {}, { UV_DEFAULT_INDEX: 'https://m.example/simple' }],
    ['the public index by name', `[global]\nindex-url = ${PUBLIC_INDEX}`, {}, {}],
    [
      'extra indexes',
      '[global]\nextra-index-url = https://a.example/s\n  https://b.example/s',
      {},
      { UV_INDEX: 'https://a.example/s https://b.example/s' },
    ],
    [
      'links and no index',
      '[global]\nfind-links = /wheels /more\nno-index = true',
      {},
      { UV_DEFAULT_INDEX: EMPTY, UV_FIND_LINKS: '/wheels,/more' },
    ],
    [
      'certificate, client, proxy, host, time',
      '[global]\ncert=/c.pem\nclient-cert=/k.pem\nproxy=u:p@proxy:3128\ntrusted-host=a.example\ntimeout=2.5',
      {},
      {
        SSL_CERT_FILE: '/c.pem',
        SSL_CLIENT_CERT: '/k.pem',
        HTTP_PROXY: 'http://u:p@proxy:3128',
        HTTPS_PROXY: 'http://u:p@proxy:3128',
        ALL_PROXY: 'http://u:p@proxy:3128',
        UV_INSECURE_HOST: 'a.example',
        UV_HTTP_TIMEOUT: '3',
      },
    ],
    ['a keyring', '[global]\nkeyring-provider=subprocess', {}, { UV_KEYRING_PROVIDER: 'subprocess' }],
    [
      'what the caller set for uv',
      '[global]\nindex-url=https://m.example/s\nextra-index-url=https://x.example/s',
      { UV_DEFAULT_INDEX: 'https://own.example/s', UV_EXTRA_INDEX_URL: 'https://own2.example/s' },
      {},
    ],
    ['the bundle of requests', '', { REQUESTS_CA_BUNDLE: '/r.pem' }, { SSL_CERT_FILE: '/r.pem' }],
  ])('%s', (_, pipFile, environment, expected) => {
    expect(variables(pipFile, environment)).toEqual(expected);
  });

  test("leaves uv's own configuration in force", () => {
    expect(
      variables(
        '[global]\nindex-url=https://m.example/s\nfind-links=/w',
        {},
        '[[index]]\nname="corp"\nurl="https://corp.example/s"\ndefault=true',
      ),
    ).toEqual({});
  });

  test('never asks uv to merge indexes: a public name must not stand in for a private one', () => {
    expect(variables('[global]\nextra-index-url=https://a.example/s')).not.toHaveProperty('UV_INDEX_STRATEGY');
  });
});

describe('registriesOf', () => {
  const pip = readPipConfiguration(['[global]\nindex-url=https://pip.example/s'], {});

  test.each([
    ["pip's, where nothing is said to uv", undefined, {}, 'https://pip.example/s'],
    ["uv's file", { defaultIndex: 'https://uv.example/s', extraIndexes: [], findLinks: [] }, {}, 'https://uv.example/s'],
    ["uv's variable, its name taken off", undefined, { UV_DEFAULT_INDEX: 'corp=https://env.example/s/' }, 'https://env.example/s'],
  ])('takes %s', (_, uv, environment, expected) => {
    expect(registriesOf(pip, uv, environment as Record<string, string>).defaultIndex).toBe(expected);
  });
});

test.each([
  ['a file that names none', 'offline = true', undefined],
  ['a broken one', '[[', undefined],
  [
    'explicit indexes are for named packages only',
    '[[index]]\nurl="https://a/s"\nexplicit=true\n[[index]]\nurl="https://b/s"',
    { extraIndexes: ['https://b/s'], findLinks: [] },
  ],
  [
    'the old keys',
    'index-url="https://a/s"\nextra-index-url=["https://b/s"]\nfind-links=["/w"]',
    { defaultIndex: 'https://a/s', extraIndexes: ['https://b/s'], findLinks: ['/w'] },
  ],
])('readUvIndexes: %s', (_, text, expected) => {
  expect(readUvIndexes(text)).toEqual(expected);
});

test.each([
  ['https://a.example/simple', 'https://user:pw@A.example/simple/', true],
  ['https://a.example/simple', 'https://a.example/other', false],
  ['file:///m/simple/', 'file:///m/simple', true],
  ['/m/simple', '/m/simple', true],
])('isSameIndex(%s, %s) is %s', (a, b, expected) => {
  expect(isSameIndex(a, b)).toBe(expected);
});

import { entryRefusal, findCaseCollisions, windowsRefusal } from '../../../core/source/portable-name';
import { suspectSecret } from '../../../core/source/secret-looking';
import { resolveInTree } from '../../../core/source/source-link';
import { checkLinks, checkNames, checkRequired, type CheckedTree } from '../../../core/source/source-tree-check';

function tree(
  paths: readonly string[],
  links: Readonly<Record<string, string>> = {},
  exclusions: CheckedTree['exclusions'] = new Map(),
): CheckedTree {
  return { paths: [...paths, ...Object.keys(links)].sort(), links: new Map(Object.entries(links)), exclusions };
}

test.each([
  ['docs/a', 'docs/a'],
  ['to-docs/a', 'docs/a'],
  ['deep/up', 'docs'],
  ['again', 'docs/a'],
  ['away', 'outside: it climbs above the root of the source'],
  ['by-way/x', 'outside: it climbs above the root of the source'],
  ['absolute', "outside: '/etc/passwd' is absolute and names a place on this machine"],
  ['drive', "outside: 'C:\\x' is absolute and names a place on this machine"],
  ['round', 'loop'],
])('%s ends at %s', (path, expected) => {
  const links = {
    'to-docs': 'docs',
    'deep/up': '../docs',
    again: 'to-docs/./a',
    away: '../neighbour',
    'by-way': 'deep/up/../..',
    absolute: '/etc/passwd',
    drive: 'C:\\x',
    round: 'round',
  };
  const end = resolveInTree(path, new Map(Object.entries(links)));
  expect(end.kind === 'inside' ? end.path : end.kind === 'outside' ? `outside: ${end.reason}` : end.kind).toBe(expected);
});

test('links that leave are refused together, links that lead nowhere are told', () => {
  expect(() => checkLinks(tree(['a'], { x: '/abs', y: '../up', z: 'a' }))).toThrow(
    expect.objectContaining({
      code: 'link-leaves-source',
      message:
        "the link 'x' leaves the source: '/abs' is absolute and names a place on this machine (it points to '/abs'); " +
        "the link 'y' leaves the source: it climbs above the root of the source (it points to '../up')",
    }) as Error,
  );
  expect(checkLinks(tree(['a/b'], { ok: 'a', gone: 'build/x', self: 'self' }))).toEqual([
    "the link 'gone' points to 'build/x', which is not there or stays out: it will lead nowhere",
    "the link 'self' leads to itself, by way of 'self'",
  ]);
});

test.each([
  ['aux.py', "'aux' is a device"],
  ['src/NUL', "'NUL' is a device"],
  ['com1.tar.gz', "'com1' is a device"],
  ['lpt²', "'lpt²' is a device"],
  ['a:b', 'no name may hold ":"'],
  ['what?', 'no name may hold "?"'],
  ['a\\b', 'no name may hold "\\\\"'],
  ['tab\there', 'no name may hold "\\t"'],
  ['dot.', "the dot at the end of 'dot.' is dropped"],
  ['space /x', "the space at the end of 'space ' is dropped"],
  ['d/'.repeat(90) + 'x.py', 'there is room for 180 characters, and the path has 184'],
])('windows cannot hold %j', (path, reason) => {
  expect(windowsRefusal(path)).toBe(reason);
});

test.each(['auxiliary.py', 'console', 'com10', 'a.b c', 'ünïcode', '.gitignore', 'COM', 'nul_'])('windows can hold %j', (path) => {
  expect(windowsRefusal(path)).toBeUndefined();
});

test('names that differ in case are found, each once', () => {
  expect(findCaseCollisions(['Docs/a', 'docs/b', 'docs/c', 'x/É', 'x/é', 'ß', 'SS'])).toEqual([
    ['Docs', 'docs'],
    ['x/É', 'x/é'],
  ]);
});

test('names are refused for Windows only where Windows is meant', () => {
  const given = tree(['aux.py', 'ok', 'OK']);
  expect(() => checkNames(given, true)).toThrow(
    expect.objectContaining({
      code: 'name-not-portable',
      message: "the name 'aux.py' does not travel: on Windows 'aux' is a device; the name 'ok' does not travel: Windows takes it for 'OK'",
    }) as Error,
  );
  expect(() => checkNames(given, false)).not.toThrow();
  expect(() => checkNames(tree(['C:x']), false)).toThrow("the name 'C:x' does not travel: it begins with a drive letter");
});

test.each(['', '/a', '../a', 'a/../b', 'a//b', './a', 'a/', 'C:/a', '\\\\host\\a', 'a\0b'])('no archive may hold %j', (path) => {
  expect(entryRefusal(path)).toBeDefined();
});

describe('what the recipe names', () => {
  const given = tree(
    ['src/app.py', 'themes/dark.css'],
    { alias: 'themes' },
    new Map([
      ['dist', { rule: 'dist/', file: '.gitignore', line: 3 }],
      ['logs/a.log', { rule: '*.log', file: 'logs/.gitignore', line: 1 }],
    ]),
  );
  const present = new Set(['dist/app.js', 'logs', 'empty', 'src', 'themes']);
  const check = (path: string): void => {
    checkRequired(given, [{ path, namedBy: 'binaries.app.python.entry' }], (at) => present.has(at));
  };

  test.each(['src/app.py', 'src', 'themes', 'alias/dark.css', 'alias', 'src/../src/app.py'])('%s is there', (path) => {
    expect(() => check(path)).not.toThrow();
  });

  test.each([
    [
      'dist/app.js',
      'source-excluded',
      "which the source archive leaves out: 'dist/' in .gitignore:3",
      "add it to source.include, or add the line '!/dist/app.js' to .slipwayignore",
    ],
    [
      'logs',
      'source-excluded',
      "which the source archive leaves out: '*.log' in logs/.gitignore:1",
      "add it to source.include, or add the line '!/logs' to .slipwayignore",
    ],
    ['empty', 'source-file-missing', 'which holds no file that could be packed', 'put a file into it, or take it out of the recipe'],
    ['dist/gone.js', 'source-file-missing', 'which is not there', 'correct the path, or make the file before the build is started'],
    ['src/App.py', 'source-file-missing', 'which is not there', "did you mean 'src/app.py'?"],
    ['app.py', 'source-file-missing', 'which is not there', "did you mean 'src/app.py'?"],
    ['web/*.js', 'source-file-missing', 'which is not there', 'name a file or a folder: patterns are not read here'],
    ['../x', 'source-file-missing', 'which lies outside of source.root', 'set source.root to a folder that holds it'],
  ])('%s: %s', (path, code, reason, hint) => {
    expect(() => check(path)).toThrow(
      expect.objectContaining({ code, hint, message: `binaries.app.python.entry names '${path}', ${reason}` }) as Error,
    );
  });
});

test.each([
  '.env',
  'config/.env.production',
  'id_rsa',
  'deploy/id_ed25519',
  'a.p12',
  'Release.KEYSTORE',
  '.netrc',
  '.aws/credentials',
  'credentials.json',
  'service-account-prod.json',
  'secrets.yaml',
  'terraform.tfstate',
  'vpn.ovpn',
  '.git-credentials',
  '.pgpass',
])('%s looks like a secret by its name', (path) => {
  expect(suspectSecret(path)).toEqual({ what: expect.any(String) as string });
});

test.each([
  ['server.pem', '-----BEGIN RSA PRIVATE KEY-----', true],
  ['cacert.pem', '-----BEGIN CERTIFICATE-----', false],
  ['.npmrc', '//registry.example/:_authToken=abc', true],
  ['.npmrc', '//registry.example/:_authToken=${TOKEN}', false],
  ['.npmrc', 'registry=https://registry.example/', false],
  ['.pypirc', '[pypi]\npassword = x', true],
  ['pip.conf', 'index-url = https://user:word@host/simple', true],
  ['pip.conf', 'index-url = https://host/simple', false],
])('%s with %j: %s', (path, content, expected) => {
  const suspicion = suspectSecret(path);
  expect(suspicion?.content?.test(content)).toBe(expected);
});

test.each(['.env.example', '.env.sample', 'environment.py', 'src/keys.py', 'id_rsa.pub', 'secretary.txt', 'package.json'])(
  '%s does not',
  (path) => {
    expect(suspectSecret(path)).toBeUndefined();
  },
);

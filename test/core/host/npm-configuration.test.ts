import { readNpmConfiguration } from '../../../core/host/npm-configuration';

const PROJECT = `
; a comment
registry = https://mirror.example/npm/
@corp:registry="https://npm.corp.example/"
//npm.corp.example/:_authToken=\${NPM_TOKEN}
//mirror.example/npm/:username=me
//mirror.example/npm/:_password=${Buffer.from('geheim').toString('base64')}
[section]
`;

test('the stronger file counts, and a scope has a registry of its own', () => {
  const configuration = readNpmConfiguration([PROJECT, 'registry=https://weaker.example'], {});
  expect(configuration.registryOf('ms')).toBe('https://mirror.example/npm');
  expect(configuration.registryOf('@corp/kit')).toBe('https://npm.corp.example');
  expect(configuration.registryOf('@other/kit')).toBe('https://mirror.example/npm');
});

test('nothing configured is the public registry', () => {
  const configuration = readNpmConfiguration([], {});
  expect(configuration.registryOf('ms')).toBe('https://registry.npmjs.org');
  expect(configuration.authorizationFor('https://registry.npmjs.org/ms')).toBeUndefined();
});

test('variables are stronger than files, in any case', () => {
  const environment = { NPM_CONFIG_REGISTRY: 'https://env.example', 'npm_config_//env.example/:_authToken': 'T' };
  const configuration = readNpmConfiguration([PROJECT], environment);
  expect(configuration.registryOf('ms')).toBe('https://env.example');
  expect(configuration.authorizationFor('https://env.example/ms')).toBe('Bearer T');
});

test.each([
  ['a token from a variable', 'https://npm.corp.example/@corp/kit', { NPM_TOKEN: 'T1' }, 'Bearer T1'],
  ['user and password', 'https://mirror.example/npm/ms/-/ms-1.tgz', {}, `Basic ${Buffer.from('me:geheim').toString('base64')}`],
  ['not above the place', 'https://mirror.example/other', {}, undefined],
  ['not for another host', 'https://cdn.example/npm/ms', {}, undefined],
])('credentials: %s', (_, url, environment, expected) => {
  expect(readNpmConfiguration([PROJECT], environment).authorizationFor(url)).toBe(expected);
});

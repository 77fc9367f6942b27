import { hasNpmDependencies, npmLockMissing, npmLockProblem } from '../../../core/project/npm-lock';

const manifest = (dependencies: Record<string, string>, more = {}) =>
  JSON.stringify({ name: 'kit', version: '1.0.0', dependencies, ...more });
const lockOf = (dependencies: Record<string, string>, more = {}) =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'kit', version: '0.9.0', dependencies, ...more } } });

test('a lock that was made for the package.json is none of a problem, whatever version it says', () => {
  expect(npmLockProblem(manifest({ ms: '2.1.3' }), lockOf({ ms: '2.1.3' }), 'package-lock.json')).toBeUndefined();
  expect(npmLockProblem(manifest({}), lockOf({}), 'package-lock.json')).toBeUndefined();
});

test.each([
  ['another range', manifest({ ms: '^2.1.3' }), lockOf({ ms: '2.1.3' }), 'ms'],
  ['one more', manifest({ ms: '1', ws: '8' }), lockOf({ ms: '1' }), 'ws'],
  ['one less', manifest({}), lockOf({ ms: '1' }), 'ms'],
  ['of the development', manifest({}, { devDependencies: { pg: '8' } }), lockOf({}), 'pg'],
])('stale: %s', (_, packageJson, lock, name) => {
  expect(npmLockProblem(packageJson, lock, 'package-lock.json')).toMatchObject({
    code: 'lock-stale',
    message: `'package-lock.json' does not fit package.json any more: ${name}`,
    hint: 'bring it up to date with: npm install --package-lock-only',
  });
});

test.each([
  ['no JSON', 'oops'],
  ['of npm 6', JSON.stringify({ lockfileVersion: 1, dependencies: {} })],
])('unsupported: %s', (_, lock) => {
  expect(npmLockProblem(manifest({}), lock, 'package-lock.json')).toMatchObject({ code: 'lock-unsupported' });
});

test('what has to be installed depends on what is wanted', () => {
  expect(hasNpmDependencies(manifest({}), true)).toBe(false);
  expect(hasNpmDependencies(manifest({ ms: '1' }), false)).toBe(true);
  expect(hasNpmDependencies(manifest({}, { optionalDependencies: { ms: '1' } }), false)).toBe(true);
  expect(hasNpmDependencies(manifest({}, { devDependencies: { pg: '1' } }), false)).toBe(false);
  expect(hasNpmDependencies(manifest({}, { devDependencies: { pg: '1' } }), true)).toBe(true);
});

test('a lock that is missing, or of another tool', () => {
  expect(npmLockMissing(undefined)).toMatchObject({ code: 'lock-missing', hint: 'make it: npm install --package-lock-only' });
  expect(npmLockMissing('pnpm-lock.yaml')).toMatchObject({
    code: 'lock-unsupported',
    message: "no way to install from 'pnpm-lock.yaml', the lock of pnpm",
  });
});

/** Proves the decisions of the set-up: when it installs, when it bundles, and what it says when npm fails. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { explainNpmFailure } from '../../scripts/npm-failure.mjs';
import { checkNodeVersion, digestOfSources, isInstalled, SetUpError } from '../../scripts/set-up.mjs';

describe('the version of Node', () => {
  it.each(['20.19.0', '20.20.2', '22.1.0', '100.0.0'])('%s is new enough', (version) => {
    expect(() => checkNodeVersion(version, '>=20.19')).not.toThrow();
  });

  it.each(['18.20.0', '20.18.9', '8.0.0'])('%s is refused with what mends it', (version) => {
    let thrown: unknown;
    try {
      checkNodeVersion(version, '>=20.19');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SetUpError);
    expect(thrown).toMatchObject({
      message: `this is Node '${version}', and Slipway needs 20.19 or newer`,
      hint: expect.stringContaining('nvm install 22') as string,
      exitCode: 7,
    });
  });
});

describe('whether the dependencies are there', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
      'node_modules/b-darwin': { version: '1.0.0', integrity: 'sha512-b', optional: true },
    },
  };
  const a = { version: '1.0.0', integrity: 'sha512-a' };

  it.each([
    ['nothing was installed', null, false],
    ['an install without the packages of other systems', { packages: { 'node_modules/a': a } }, true],
    ['a missing package', { packages: {} }, false],
    ['another version', { packages: { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } } }, false],
    ['another content', { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } } }, false],
    ['a package too many', { packages: { 'node_modules/a': a, 'node_modules/z': a } }, false],
  ])('%s', (_, installed, expected) => {
    expect(isInstalled(lock, installed)).toBe(expected);
  });
});

describe('the digest of the sources', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'slipway-digest-'));
    mkdirSync(path.join(root, 'core/deep'), { recursive: true });
    writeFileSync(path.join(root, 'core/deep/a.ts'), 'a');
    writeFileSync(path.join(root, 'README.md'), 'not a source');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('changes with a source and with nothing else', () => {
    const before = digestOfSources(root);
    writeFileSync(path.join(root, 'README.md'), 'changed');
    expect(digestOfSources(root)).toBe(before);
    writeFileSync(path.join(root, 'core/deep/a.ts'), 'b');
    const changed = digestOfSources(root);
    expect(changed).not.toBe(before);
    writeFileSync(path.join(root, 'core/deep/b.ts'), '');
    expect(digestOfSources(root)).not.toBe(changed);
  });
});

describe("npm's failures", () => {
  it.each([
    ['npm error code ENOTFOUND\nnpm error network request to https://host/a failed, reason: getaddrinfo ENOTFOUND host', 'no network'],
    ['npm error code ECONNREFUSED', 'no network'],
    ['npm error code E401\nnpm error Unable to authenticate', 'refuses the credentials'],
    ['npm error code SELF_SIGNED_CERT_IN_CHAIN', 'does not trust the certificate'],
    [
      'npm error code EUSAGE\nnpm error `npm ci` can only install packages when your package.json and package-lock.json are in sync',
      'does not fit',
    ],
    ['npm error code EINTEGRITY\nnpm error sha512-a integrity checksum failed', 'checksum differs'],
    ['npm error code ENOSPC', 'disk is full'],
    ['npm error code E404', 'does not have every package'],
    ['\nspawn npm ENOENT', 'no npm'],
  ])('%j', (output, expected) => {
    const { message, hint } = explainNpmFailure(output);
    expect(message).toContain(expected);
    expect(message).not.toMatch(/\.$|\n/);
    expect(hint).not.toBe('');
  });

  it('shows the tail of what no row knows', () => {
    expect(explainNpmFailure('first\nnpm error code EWHATEVER\n')).toEqual({
      message: 'npm ci failed\nfirst\nnpm error code EWHATEVER',
      hint: 'run npm ci by hand to see more',
    });
  });
});

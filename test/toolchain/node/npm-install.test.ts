import { mkdirSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { installNpmDependencies, npmInstallCommand } from '../../../toolchain/node/npm-install';
import { npmFailure } from '../../../toolchain/node/npm-failure';
import { NPM_FOLDER, NPM_PROGRAM } from '../../../toolchain/node/node-tools';
import { pinnedNpm } from '../../../toolchain/node/npm-pins';
import type { ProcessResult } from '../../../core/ports/processes';
import { createToolchainFixture, type ToolchainFixture } from '../toolchain-fixture';

let fixture: ToolchainFixture | undefined;
afterEach(() => {
  fixture?.close();
  fixture = undefined;
});

function open(answer: Partial<ProcessResult>, environment: Record<string, string> = {}): ToolchainFixture {
  const opened = (fixture = createToolchainFixture({
    answer: () => answer,
    environment: { PATH: '/bin', ...environment },
    found: { node: '/usr/bin/node' },
  }));
  const program = path.join(opened.context.homeDirectory, 'toolchains', NPM_FOLDER, NPM_PROGRAM);
  mkdirSync(path.dirname(program), { recursive: true });
  writeFileSync(program, 'npm');
  const marker = { integrity: pinnedNpm().integrity, sha256: createHash('sha256').update('npm').digest('hex') };
  writeFileSync(path.join(path.dirname(path.dirname(program)), 'slipway.json'), JSON.stringify(marker));
  return opened;
}

const REQUEST = { directory: '/src', isDevWanted: false, platform: 'windows-x86_64', secretNames: ['NPM_TOKEN'] } as const;

test('runs what the plan shows: the lock alone, no scripts, for the platform that is built for', async () => {
  const { context, runs, lines } = open({ stdout: 'added 1 package\n' });
  await installNpmDependencies(context, REQUEST);
  const planned = npmInstallCommand(REQUEST, 'work/source').argv;
  const [run] = runs;
  expect(run?.command).toBe('/usr/bin/node');
  expect(run?.args.slice(1)).toEqual(planned.slice(2));
  expect(run?.args).toEqual(expect.arrayContaining(['ci', '--ignore-scripts', '--omit=dev', '--os=win32', '--cpu=x64']));
  expect(lines).toContain('added 1 package');
});

test("the caller's variables lead neither Node nor npm astray; registries and secrets stay", async () => {
  const { context, runs } = open(
    {},
    {
      NODE_OPTIONS: '--require ./x',
      NODE_ENV: 'production',
      npm_config_local_prefix: '/x',
      npm_package_name: 'x',
      npm_config_registry: 'https://r',
      NPM_TOKEN: 'T',
    },
  );
  await installNpmDependencies(context, { ...REQUEST, isDevWanted: true });
  const env = runs[0]?.env ?? {};
  expect(Object.keys(env).filter((name) => /^(NODE_|npm_package|npm_config_local)/.test(name))).toEqual([]);
  expect(env).toMatchObject({ npm_config_registry: 'https://r', NPM_TOKEN: 'T', PATH: '/bin' });
  expect(runs[0]?.args).toContain('--include=dev');
});

test('a failure says what was wrong, without the secret', async () => {
  const { context } = open(
    { exitCode: 1, stderr: 'npm error code E401\nnpm error Incorrect or missing password for https://npm.example/kit?t=geheim123\n' },
    { NPM_TOKEN: 'geheim123' },
  );
  const failure = installNpmDependencies(context, REQUEST);
  await expect(failure).rejects.toMatchObject({ code: 'download-denied', hint: expect.stringContaining('NPM_TOKEN') as string });
  await expect(failure).rejects.toMatchObject({ message: expect.not.stringContaining('geheim123') as string });
});

test.each([
  [
    'npm error code EUSAGE\nnpm error\nnpm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update\nnpm error\nnpm error Missing: ws@8.0.0 from lock file\n',
    'lock-stale',
  ],
  ['npm error code E403\nnpm error 403 403 Forbidden - GET https://npm.example/@corp%2fkit\n', 'download-denied'],
  [
    'npm error code EINTEGRITY\nnpm error sha512-a integrity checksum failed when using sha512: wanted sha512-a but got sha512-b. (12 bytes)\n',
    'checksum-mismatch',
  ],
  ['npm error code ENOTFOUND\nnpm error syscall getaddrinfo\n', 'tool-not-fetched'],
  ["npm error   code: 'ECONNREFUSED',\nnpm error code ECONNREFUSED\n", 'tool-not-fetched'],
  [
    'npm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/nope/-/nope-1.0.0.tgz - Not found\n',
    'dependency-unresolved',
  ],
  ['npm error code ENOSPC\nnpm error syscall write\n', 'disk-full'],
  ['npm error code EWHATEVER\nnpm error something new\n', 'environment-failed'],
])('%j', (output, code) => {
  expect(npmFailure(output, [])).toMatchObject({ code });
});

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PythonInstallation } from '../../../core/host/host';
import { pinnedVersion } from '../../../toolchain/pins';
import { findPython, lookForPython } from '../../../toolchain/python/find-python';
import { measureModules, measurePython } from '../../../toolchain/python/python-glibc';
import { elfFile } from '../../fixtures/executables';
import { createToolchainFixture, type ToolchainFixture } from '../toolchain-fixture';

let fixture: ToolchainFixture;
afterEach(() => fixture.close());

const elf = (version: string, needed: readonly string[] = []) =>
  elfFile({ needed: ['libc.so.6', ...needed], versions: { 'libc.so.6': ['GLIBC_2.2.5', `GLIBC_${version}`] } });

/** An installation whose interpreter, library and one module ask for what is said. */
function install(name: string, versions: { readonly interpreter: string; readonly library?: string; readonly module?: string }): string {
  const prefix = path.join(fixture.directory, name);
  const modules = path.join(prefix, 'lib', 'python3.12', 'lib-dynload');
  mkdirSync(path.join(prefix, 'bin'), { recursive: true });
  mkdirSync(modules, { recursive: true });
  writeFileSync(path.join(prefix, 'bin', 'python3'), elf(versions.interpreter));
  writeFileSync(path.join(prefix, 'lib', 'libpython3.12.so.1.0'), elf(versions.library ?? versions.interpreter));
  writeFileSync(path.join(modules, '_ssl.cpython-312-x86_64-linux-gnu.so'), elf(versions.module ?? '2.14', ['libtls-of-a-test.so.3']));
  writeFileSync(path.join(modules, '_testcapi.cpython-312-x86_64-linux-gnu.so'), elf('2.99'));
  return prefix;
}

function installation(prefix: string): PythonInstallation {
  return {
    path: path.join(prefix, 'bin', 'python3'),
    version: '3.12.1',
    provider: 'uv',
    sharedLibraryPath: path.join(prefix, 'lib', 'libpython3.12.so.1.0'),
    moduleDirectory: path.join(prefix, 'lib', 'python3.12', 'lib-dynload'),
  };
}

test('an interpreter asks for what it or its library asks for', async () => {
  fixture = createToolchainFixture();
  const python = installation(install('p', { interpreter: '2.4', library: '2.30' }));
  expect((await measurePython(fixture.context, python)).glibc).toEqual({ version: '2.30', file: python.sharedLibraryPath });
});

test('modules bring the libraries that they name; tests of CPython bring nothing', async () => {
  fixture = createToolchainFixture();
  const prefix = install('p', { interpreter: '2.17', module: '2.25' });
  const library = path.join(prefix, 'lib', 'libtls-of-a-test.so.3');
  writeFileSync(library, elf('2.34', ['ld-linux-x86-64.so.2']));
  const { moduleGlibc } = await measureModules(fixture.context, installation(prefix));
  expect(moduleGlibc?.map(({ version, file, module }) => [version, path.basename(file), module])).toEqual([
    ['2.34', 'libtls-of-a-test.so.3', '_ssl'],
    ['2.25', '_ssl.cpython-312-x86_64-linux-gnu.so', '_ssl'],
  ]);
});

describe('of several Pythons of a version', () => {
  const answer = (prefix: string, version: string) =>
    JSON.stringify({
      ...{ version, isFinal: true, implementation: 'cpython', machine: 'x86_64', is64Bit: true, isOrdinary: true, isVirtual: false },
      ...{ baseExecutable: '', hasHeaders: true, isStandaloneBuild: false },
      sharedLibrary: path.join(prefix, 'lib', 'libpython3.12.so.1.0'),
      moduleDirectory: path.join(prefix, 'lib', 'python3.12', 'lib-dynload'),
    });

  /** The newer patch needs 2.35, the older one 2.17; uv fetches nothing. */
  function twoPythons(oldNeeds: string): void {
    fixture = createToolchainFixture({
      answer: ({ command, args }) => {
        if (args.includes('python') && args.includes('install')) return { exitCode: 1, stderr: 'error: x\n  cause: no route to host\n' };
        const name = /versions\/(3\.12\.\d)/.exec(command)?.[1];
        return name === undefined ? undefined : { stdout: answer(path.join(fixture.directory, 'user/.pyenv/versions', name), name) };
      },
    });
    install('user/.pyenv/versions/3.12.9', { interpreter: '2.35' });
    install('user/.pyenv/versions/3.12.1', { interpreter: oldNeeds });
    const uv = path.join(fixture.context.homeDirectory, 'toolchains', `uv-${pinnedVersion('uv')}`, 'uv');
    mkdirSync(path.dirname(uv), { recursive: true });
    writeFileSync(uv, '');
    writeFileSync(path.join(path.dirname(uv), 'slipway.json'), JSON.stringify({ sha256: createHash('sha256').update('').digest('hex') }));
  }

  test('the newest patch is taken, and with a floor the newest whose files fit it', async () => {
    twoPythons('2.17');
    expect(await findPython(fixture.context, '3.12')).toMatchObject({ version: '3.12.9' });
    expect(await findPython(fixture.context, '3.12', '2.28')).toMatchObject({ version: '3.12.1', glibc: { version: '2.17' } });
    expect(await findPython(fixture.context, '3.12', '2.35')).toMatchObject({ version: '3.12.9' });
  });

  test('one that SLIPWAY_PYTHON names goes before a newer patch, but not before one that fits', async () => {
    twoPythons('2.17');
    const named = (version: string) => ({
      ...fixture.context,
      environment: { PATH: '', SLIPWAY_PYTHON: path.join(fixture.directory, `user/.pyenv/versions/${version}/bin/python3`) },
    });
    expect(await lookForPython(named('3.12.1'), '3.12')).toMatchObject({ version: '3.12.1', provider: 'SLIPWAY_PYTHON' });
    expect(await lookForPython(named('3.12.9'), '3.12', '2.28')).toMatchObject({ version: '3.12.1' });
  });

  test('where none fits and none can be fetched, the lowest is named with the file that sets it', async () => {
    twoPythons('2.31');
    await expect(findPython(fixture.context, '3.12', '2.28')).rejects.toMatchObject({
      code: 'glibc-floor-unreachable',
      message: expect.stringMatching(/python3' needs 2\.31, for .*; none can be fetched: no route to host$/) as string,
      details: { wanted: '2.28', reachable: '2.31' },
    });
  });
});

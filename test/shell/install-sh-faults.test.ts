/** install.sh where something is wrong: with the system, the way, the bytes, the place. Whatever it is, what was installed stays usable. */
import '../allow-network';
import '../allow-processes';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ProcessResult } from '../../core/ports/processes';
import { createInstallFixture, findProgram, hostPlatform, type InstallFixture, type Published } from './install-fixture';

const platform = hostPlatform ?? 'linux-x86_64';
const folder = `fieldkit-${platform}`;
const PROGRAMS = ['fieldkit', 'fieldkit-wait'].map((name) => ({
  path: `${folder}/${name}/${name}`,
  mode: 0o755,
  content: Buffer.from('#!/bin/sh\n'),
}));
const onLinux = process.platform === 'linux' ? test : test.skip;
const asRoot = process.getuid?.() === 0;

let fixture: InstallFixture;
let good: Published;
let before: readonly string[];

/** Version 1.0 is installed, and in use, before each. */
beforeEach(async () => {
  fixture = await createInstallFixture();
  good = await fixture.publish('1.0');
  expect(await fixture.install('sh', good.url)).toMatchObject({ exitCode: 0 });
  before = fixture.tree();
});

afterEach(() => fixture.close());

const inHome = (...parts: readonly string[]) => path.join(fixture.home, ...parts);
const says = async () => (await fixture.run(`"$HOME/.local/bin/fieldkit"`)).stdout;

async function expectUntouched(): Promise<void> {
  expect(fixture.tree()).toEqual(before);
  expect(await says()).toBe('fieldkit 1.0\n');
}

async function expectRefused(done: ProcessResult, exitCode: number, message: RegExp): Promise<void> {
  expect({ exitCode: done.exitCode, stderr: done.stderr }).toEqual({ exitCode, stderr: expect.stringMatching(message) as string });
  await expectUntouched();
}

const grantsOf = async ({ distribution }: Published) => (await fixture.gate.service.downloads(distribution.distId)).length;

describe('what it needs', () => {
  const NEEDED = ['curl', 'sha256sum', 'tar', 'gzip'];
  const without = (...names: readonly string[]) => ({
    env: { PATH: fixture.pathWith(...NEEDED.filter((name) => !names.includes(name))) },
  });

  test.each([
    ['no way to check what is fetched', ['sha256sum'], /^error: this system has neither sha256sum, nor shasum, nor openssl/m],
    ['neither curl nor wget', ['curl'], /^error: this system has neither curl nor wget$/m],
    ['no tar', ['tar'], /^error: this system has no 'tar'\nhint: install it/m],
    ['no gzip', ['gzip'], /^error: this system has no 'gzip'/m],
  ])('%s: it ends with what to install', async (_what, names, message) => {
    const next = await fixture.publish('2.0');
    await expectRefused(await fixture.install('sh', next.url, without(...names)), 5, message);
    expect(await grantsOf(next)).toBe(0);
  });

  test.each([
    ['shasum', ['curl', 'tar', 'gzip', 'shasum', 'perl']],
    ['openssl', ['curl', 'tar', 'gzip', 'openssl']],
    ['wget', ['wget', 'tar', 'gzip', 'sha256sum']],
  ])('%s will do', async (name, programs) => {
    if (findProgram(name) === undefined) return void process.stderr.write(`skipped: ${name} is not at hand\n`);
    const next = await fixture.publish('2.0');
    const done = await fixture.install('sh', next.url, { env: { PATH: fixture.pathWith(...programs) } });
    expect({ exitCode: done.exitCode, stderr: done.stderr }).toMatchObject({ exitCode: 0 });
    expect(await says()).toBe('fieldkit 2.0\n');
    const bad = await fixture.publish('3.0', { sha256: '0'.repeat(64) });
    expect((await fixture.install('sh', bad.url, { env: { PATH: fixture.pathWith(...programs) } })).exitCode).toBe(7);
    expect(await says()).toBe('fieldkit 2.0\n');
  });

  test('a checksum tool that fails, or says nothing, is no consent', async () => {
    for (const script of ['exit 1', 'exit 0', 'echo', `echo '${'0'.repeat(64)}  -'`]) {
      const next = await fixture.publish('2.0');
      const done = await fixture.install('sh', next.url, { env: { PATH: fixture.pathWithFake('sha256sum', script) } });
      await expectRefused(done, 7, /is not the file that was promised/);
    }
  });
});

describe('the system', () => {
  const glibc = { glibc: { version: '2.28', setBy: 'x' } };

  test.each([
    [
      'an old glibc',
      'getconf',
      'case $1 in GNU_LIBC_VERSION) echo glibc 2.17 ;; *) echo 64 ;; esac',
      /needs glibc 2\.28 or newer, and this system has 2\.17$/m,
    ],
    ['musl', 'ldd', 'echo "musl libc (x86_64)" >&2; exit 1', /needs glibc 2\.28 or newer, and this system has musl instead of glibc$/m],
    ['an old glibc that only ldd tells of', 'ldd', 'echo "ldd (GNU libc) 2.12"', /and this system has 2\.12$/m],
  ])('%s', async (_what, name, script, message) => {
    const next = await fixture.publish('2.0', { requires: glibc });
    const fakes = fixture.pathWithFake(name, script);
    const PATH = name === 'ldd' ? `${fixture.pathWithFake('getconf', 'exit 1').split(':')[0] ?? ''}:${fakes}` : fakes;
    await expectRefused(await fixture.install('sh', next.url, { env: { PATH } }), 4, message);
    expect(await grantsOf(next)).toBe(0);
  });

  test('versions are compared by number', async () => {
    const next = await fixture.publish('2.0', { requires: { glibc: { version: '2.9', setBy: 'x' } } });
    const PATH = fixture.pathWithFake('getconf', 'echo glibc 2.36');
    expect(await fixture.install('sh', next.url, { env: { PATH } })).toMatchObject({ exitCode: 0 });
  });

  test('where nothing tells of glibc, that is said, and it goes on', async () => {
    const next = await fixture.publish('2.0', { requires: glibc });
    const PATH = `${fixture.pathWithFake('getconf', 'exit 1').split(':')[0] ?? ''}:${fixture.pathWithFake('ldd', 'exit 1')}`;
    const done = await fixture.install('sh', next.url, { env: { PATH } });
    expect(done).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^warning: .* which one is here cannot be told$/m) as string });
  });

  onLinux('a processor of another level', async () => {
    const next = await fixture.publish('2.0', { requires: { cpuBaseline: 'x86-64-v3' } });
    const facts = inHome('cpuinfo');
    writeFileSync(facts, 'processor\t: 0\nflags\t\t: fpu cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3 avx\n');
    before = fixture.tree();
    const sed = findProgram('sed') ?? 'sed';
    const PATH = fixture.pathWithFake(
      'sed',
      `case "$*" in */proc/cpuinfo) exec ${sed} "$1" "$2" "$HOME/cpuinfo" ;; esac; exec ${sed} "$@"`,
    );
    const done = await fixture.install('sh', next.url, { env: { PATH } });
    await expectRefused(done, 4, /needs a processor of level x86-64-v3, and this one is without avx2 bmi1 bmi2 f16c fma abm movbe xsave$/m);
  });

  onLinux('an old libstdc++, and each thing that lacks at once', async () => {
    const requires = { glibc: { version: '2.98', setBy: 'x' }, glibcxx: { version: '3.4.99', setBy: 'x' } };
    const next = await fixture.publish('2.0', { requires });
    const library = readdirSync('/usr/lib', { withFileTypes: true }).some(({ name }) => existsSync(`/usr/lib/${name}/libstdc++.so.6`));
    await expectRefused(
      await fixture.install('sh', next.url),
      4,
      library ? /glibc 2\.98 .*, and libstdc\+\+ with GLIBCXX_3\.4\.99, and '.*' has it not$/m : /glibc 2\.98/,
    );
  });

  test.each([
    [
      'another processor',
      'uname',
      'case $1 in -m) echo riscv64 ;; -s) echo Linux ;; *) echo host ;; esac',
      /there is no package for a 'riscv64' processor\nhint: there is: /,
    ],
    ['another system', 'uname', 'echo FreeBSD', /does not know the system 'FreeBSD'/],
    ['Windows', 'uname', 'echo MINGW64_NT-10.0', /hint: on Windows, run in PowerShell: irm http.*\/install\.ps1 \| iex$/m],
  ])('%s is told what there is', async (_what, name, script, message) => {
    const next = await fixture.publish('2.0');
    await expectRefused(await fixture.install('sh', next.url, { env: { PATH: fixture.pathWithFake(name, script) } }), 3, message);
  });

  onLinux('32 bits on a processor of 64', async () => {
    const next = await fixture.publish('2.0');
    const PATH = fixture.pathWithFake('getconf', 'case $1 in LONG_BIT) echo 32 ;; esac');
    await expectRefused(await fixture.install('sh', next.url, { env: { PATH } }), 3, /this is a 32-bit system/);
  });

  test('a Mac without a package of its own is never given another one, and told of Rosetta', async () => {
    const next = await fixture.publish('2.0', { platform: 'macos-x86_64' });
    const uname = 'case $1 in -m) echo arm64 ;; -s) echo Darwin ;; *) echo host ;; esac';
    const done = await fixture.install('sh', next.url, { env: { PATH: fixture.pathWithFake('uname', uname) } });
    await expectRefused(
      done,
      3,
      /no package for this system \(macos-arm64\)\nhint: there is: macos-x86_64; Rosetta .*--platform macos-x86_64$/m,
    );
  });

  test('a terminal under Rosetta is not taken for an Intel Mac', async () => {
    const next = await fixture.publish('2.0', { platform: 'macos-x86_64' });
    const uname =
      fixture.pathWithFake('uname', 'case $1 in -m) echo x86_64 ;; -s) echo Darwin ;; *) echo host ;; esac').split(':')[0] ?? '';
    const PATH = `${uname}:${fixture.pathWithFake('sysctl', 'echo 1')}`;
    await expectRefused(await fixture.install('sh', next.url, { env: { PATH } }), 3, /no package for this system \(macos-arm64\)/);
  });

  test('an old macOS', async () => {
    const next = await fixture.publish('2.0', { platform: 'macos-arm64', requires: { macos: { version: '13.0', setBy: 'x' } } });
    const uname = fixture.pathWithFake('uname', 'case $1 in -m) echo arm64 ;; -s) echo Darwin ;; *) echo host ;; esac').split(':')[0] ?? '';
    const PATH = `${uname}:${fixture.pathWithFake('sw_vers', 'echo 12.7.6')}`;
    await expectRefused(await fixture.install('sh', next.url, { env: { PATH } }), 4, /needs macOS 13\.0 or newer, and this is 12\.7\.6$/m);
  });
});

describe('the link', () => {
  test.each([
    [
      'expired',
      { expiresAt: '2026-01-01T00:00:00.000Z' },
      /HTTP 410\):\n {2}this link has expired\n {2}your address: 127\.0\.0\.1\n {2}reference: \w+/,
    ],
    ['revoked', { revokedAt: '2026-01-01T00:00:00.000Z' }, /HTTP 410\):\n {2}this link was revoked/],
    ['bound to other addresses', { allowedRanges: ['198.51.100.0/24'] }, /HTTP 403\):\n {2}this link does not answer to your address/],
    ['used up', { maxDownloads: 1 }, /HTTP 410\):\n {2}every download that this link permits was made/],
  ])('that is %s meanwhile', async (_what, change, message) => {
    const next = await fixture.publish('2.0');
    const script = await fixture.run(`curl -fsS '${next.url}/install.sh' >"$HOME/install.sh"`);
    expect(script.exitCode).toBe(0);
    before = fixture.tree();
    await fixture.change(next, change);
    if ('maxDownloads' in change) await fixture.run(`curl -fsS -o /dev/null '${next.url}/fieldkit-${platform}.tar.gz'`);
    await expectRefused(await fixture.run('sh "$HOME/install.sh"'), 6, message);
    if (findProgram('wget') === undefined) return;
    const PATH = fixture.pathWith('wget', 'tar', 'gzip', 'sha256sum');
    await expectRefused(await fixture.run('sh "$HOME/install.sh"', { env: { PATH } }), 6, /refuses to hand out .* \(HTTP 4\d\d\)$/m);
  });

  test('a download that breaks off is gone on with', async () => {
    const next = await fixture.publish('2.0');
    const curl = findProgram('curl') ?? 'curl';
    const cut = `case "$*" in *tar.gz*-C*|*-C*tar.gz*) exec ${curl} "$@" ;; *tar.gz*) ${curl} "$@" | head -c 5000; exit 18 ;; esac; exec ${curl} "$@"`;
    const done = await fixture.install('sh', next.url, { env: { PATH: fixture.pathWithFake('curl', cut) } });
    expect(done).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^the connection broke off after 5000 of \d+ bytes: trying again$/m) as string,
    });
    expect(await grantsOf(next)).toBe(1);
    expect(await says()).toBe('fieldkit 2.0\n');
  });

  test('a gate that is gone', async () => {
    const next = await fixture.publish('2.0');
    await fixture.run(`curl -fsS '${next.url}/install.sh' | sed 's,^  link=.*,  link=http://127.0.0.1:1/d/x,' >"$HOME/install.sh"`);
    before = fixture.tree();
    const PATH = fixture.pathWithFake('sleep', ':');
    await expectRefused(await fixture.run('sh "$HOME/install.sh"', { env: { PATH } }), 6, /could not be fetched: curl: \(7\)/);
  });
});

describe('the bytes', () => {
  test('of another size', async () => {
    const next = await fixture.publish('2.0', { cutAt: 9000 });
    const done = await fixture.install('sh', next.url, { env: { PATH: fixture.pathWithFake('sleep', ':') } });
    await expectRefused(done, done.exitCode === 6 ? 6 : 7, /could not be fetched|were promised/);
  });

  test.each([
    [
      'a file outside of its folder',
      [{ path: `${folder}/../../../evil`, content: Buffer.from('x') }],
      7,
      /holds 'fieldkit-.*evil', which does not belong there/,
    ],
    ['a file by its full path', [{ path: '/tmp/evil-by-install', content: Buffer.from('x') }], 7, /holds '\/?tmp\/evil-by-install'/],
    ['a file beside its folder', [{ path: 'fieldkit', content: Buffer.from('x') }], 7, /holds 'fieldkit'/],
    [
      'a link that leads out',
      [{ path: `${folder}/out`, link: '../../../../../etc/passwd' }],
      7,
      /holds the link 'fieldkit-\S+out', which leads out of it/,
    ],
    ['a link by its full path', [{ path: `${folder}/out`, link: '/etc/passwd' }], 7, /holds the link/],
    [
      'a program with the rights of its owner',
      [{ path: `${folder}/su`, mode: 0o4755, content: Buffer.from('x') }],
      7,
      /'fieldkit-\S+su', which is no plain file/,
    ],
  ])('%s', async (_what, entries, exitCode, message) => {
    const next = await fixture.publish('2.0', { entries: [...PROGRAMS, ...entries] });
    await expectRefused(await fixture.install('sh', next.url), exitCode, message);
    expect(existsSync('/tmp/evil-by-install')).toBe(false);
  });

  test('without a program that was promised', async () => {
    const next = await fixture.publish('2.0', { entries: PROGRAMS.slice(0, 1) });
    await expectRefused(await fixture.install('sh', next.url), 7, /the package has no 'fieldkit-\S+\/fieldkit-wait\/fieldkit-wait'/);
  });

  test('that are no archive', async () => {
    const next = await fixture.publish('2.0', { content: Buffer.from('nothing of the kind') });
    await expectRefused(await fixture.install('sh', next.url), 7, /cannot be read: /);
  });
});

describe('the place', () => {
  test('a program of somebody else is not replaced', async () => {
    const other = inHome('tools');
    mkdirSync(path.join(other, 'bin'), { recursive: true });
    writeFileSync(path.join(other, 'bin/fieldkit'), 'mine');
    before = fixture.tree();
    const done = await fixture.install('sh', good.url, { env: { FIELDKIT_INSTALL_DIR: other } });
    await expectRefused(done, 9, /'.*\/tools\/bin\/fieldkit' is there already, and not from this installer/);
    expect(readFileSync(path.join(other, 'bin/fieldkit'), 'utf8')).toBe('mine');
  });

  test('a link of somebody else is not replaced', async () => {
    const other = inHome('tools');
    mkdirSync(path.join(other, 'bin'), { recursive: true });
    symlinkSync('/nowhere/fieldkit', path.join(other, 'bin/fieldkit'));
    before = fixture.tree();
    await expectRefused(
      await fixture.install('sh', good.url, { args: `--dir '${other.replaceAll("'", `'\\''`)}'` }),
      9,
      /is there already/,
    );
  });

  test('without HOME, it says what to set, and goes where it is told', async () => {
    const env = { HOME: undefined };
    await expectRefused(
      await fixture.install('sh', good.url, { env }),
      8,
      /error: HOME is not set.*\nhint: set HOME, or FIELDKIT_INSTALL_DIR/,
    );
    const target = path.join(fixture.home, 'elsewhere');
    const done = await fixture.install('sh', good.url, { env: { ...env, FIELDKIT_INSTALL_DIR: target } });
    expect(done).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('is not in PATH; to add it: export PATH=') as string });
    expect((await fixture.run(`"${target.replace('$', '\\$')}/bin/fieldkit"`)).stdout).toBe('fieldkit 1.0\n');
  });

  test('FIELDKIT_NO_MODIFY_PATH and --no-modify-path leave profiles alone', async () => {
    for (const options of [{ env: { FIELDKIT_NO_MODIFY_PATH: '1' } }, { args: '--no-modify-path' }]) {
      await fixture.run('rm -rf "$HOME/.profile" "$HOME/.local"');
      expect(await fixture.install('sh', good.url, options)).toMatchObject({ exitCode: 0 });
      expect(existsSync(inHome('.profile'))).toBe(false);
    }
  });

  test('every profile that is there gets its line once, and loses it again', async () => {
    for (const name of ['.bashrc', '.bash_profile', '.zshrc']) writeFileSync(inHome(name), '# mine\n');
    mkdirSync(inHome('.config/fish/conf.d'), { recursive: true });
    for (let round = 0; round < 2; round++) expect(await fixture.install('sh', good.url)).toMatchObject({ exitCode: 0 });
    for (const name of ['.bashrc', '.bash_profile', '.zshrc', '.profile']) {
      expect(readFileSync(inHome(name), 'utf8').match(/# added by the installer of fieldkit$/gm)).toHaveLength(1);
    }
    expect(readFileSync(inHome('.config/fish/conf.d/fieldkit.fish'), 'utf8')).toMatch(/set -gx PATH ".*\.local\/bin" \$PATH/);
    expect(await fixture.install('sh', good.url, { args: '--uninstall' })).toMatchObject({ exitCode: 0 });
    for (const name of ['.bashrc', '.bash_profile', '.zshrc']) expect(readFileSync(inHome(name), 'utf8')).toBe('# mine\n');
    expect(existsSync(inHome('.profile'))).toBe(false);
    expect(existsSync(inHome('.config/fish/conf.d/fieldkit.fish'))).toBe(false);
    expect(await fixture.install('sh', good.url, { args: '--uninstall' })).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('there is nothing to remove') as string,
    });
  });

  test('that cannot be written', async () => {
    if (asRoot) return void process.stderr.write('skipped: to root every folder can be written\n');
    chmodSync(inHome('.local/share/fieldkit'), 0o555);
    try {
      await expectRefused(await fixture.install('sh', (await fixture.publish('2.0')).url), 8, /cannot write into/);
    } finally {
      chmodSync(inHome('.local/share/fieldkit'), 0o755);
    }
  });

  test.each(['file', '/proc/fieldkit'])('that cannot be made: %s', async (name) => {
    writeFileSync(inHome('file'), '');
    before = fixture.tree();
    const env = { FIELDKIT_INSTALL_DIR: path.resolve(fixture.home, name) };
    await expectRefused(await fixture.install('sh', good.url, { env }), 8, /cannot make the folder '.*': .*\nhint: install elsewhere/);
  });

  test('without room', async () => {
    const next = await fixture.publish('2.0');
    const df = 'echo Filesystem 1024-blocks Used Available Capacity Mounted; echo /dev/x 100 99 1 99% /';
    await expectRefused(
      await fixture.install('sh', next.url, { env: { PATH: fixture.pathWithFake('df', df) } }),
      8,
      /has no room for it: 1 KiB are free/,
    );
    expect(await grantsOf(next)).toBe(0);
  });

  test('that fills up on the way', async () => {
    const next = await fixture.publish('2.0', { entries: [...PROGRAMS, { path: `${folder}/big`, content: Buffer.alloc(4_000_000) }] });
    await fixture.run(`curl -fsS '${next.url}/install.sh' >"$HOME/install.sh"`);
    before = fixture.tree();
    // In blocks of 512 bytes: enough for the archive, which packs well, and not for what is in it.
    await expectRefused(await fixture.run('ulimit -f 2000; trap "" XFSZ 2>/dev/null; sh "$HOME/install.sh"'), 8, /cannot be unpacked/);
  });
});

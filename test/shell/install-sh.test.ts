/** install.sh as people run it, in every shell that may be `sh` somewhere: install, use, upgrade, downgrade, uninstall. */
import '../allow-network';
import '../allow-processes';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInstallFixture, hostPlatform, shellsAtHand, type InstallFixture, type Published } from './install-fixture';

const { found, missing } = shellsAtHand();
const PROFILE = '# mine\nexport EDITOR=vi';
let fixture: InstallFixture;

beforeAll(() => {
  process.stderr.write(`install.sh runs in: ${found.join(', ')}${missing.length === 0 ? '' : `; not at hand: ${missing.join(', ')}`}\n`);
});

beforeEach(async () => {
  fixture = await createInstallFixture();
});

afterEach(() => fixture.close());

const inHome = (...parts: readonly string[]) => path.join(fixture.home, ...parts);
const program = (name = 'fieldkit') => inHome('.local/bin', name);
const says = async () => (await fixture.run(`"$HOME/.local/bin/fieldkit" 'a  b'`)).stdout;
const releases = () => fixture.tree().flatMap((entry) => /^\.local\/share\/fieldkit\/(\d[^/]*)\/$/.exec(entry)?.[1]?.split('-')[0] ?? []);

const install = async (shell: string, { url }: Published, args = '') => {
  const done = await fixture.install(shell, url, { args });
  expect(done).toMatchObject({ exitCode: 0, stdout: '' });
  return done.stderr;
};

describe.each(hostPlatform === undefined ? [] : found)('%s', (shell) => {
  test('installs, upgrades under a running program, and leaves nothing behind', async () => {
    writeFileSync(inHome('.profile'), PROFILE);
    const first = await fixture.publish('1.0');
    expect(await install(shell, first)).toContain(`installed Ann's $(Field) Kit 1.0 in '${inHome('.local')}'`);
    expect(await says()).toBe('fieldkit 1.0 a  b\n');
    expect((await fixture.run('. "$HOME/.profile"; fieldkit')).stdout).toBe('fieldkit 1.0\n');

    const running = fixture.start(`exec "$HOME/.local/bin/fieldkit-wait" 60`);
    try {
      await install(shell, await fixture.publish('2.0'));
      expect(await says()).toBe('fieldkit 2.0 a  b\n');
      if (process.platform === 'linux') expect(readlinkSync(`/proc/${running.pid}/exe`)).toMatch(/\/1\.0-[^/]*\/.*wait$/);
    } finally {
      await running.killTree();
    }
    expect(readFileSync(inHome('.profile'), 'utf8').split('\n')).toHaveLength(4);

    await fixture.gate.service.revoke(first.distribution.distId);
    const removed = await fixture.run(`${shell} "$HOME/.local/share/fieldkit/uninstall.sh"`);
    expect(removed).toMatchObject({ exitCode: 0, stderr: `removed Ann's $(Field) Kit from '${inHome('.local')}'\n` });
    expect(fixture.tree()).toEqual(['.local/', '.local/bin/', '.local/share/', '.profile']);
    expect(readFileSync(inHome('.profile'), 'utf8')).toBe(`${PROFILE}\n`);
  });

  test('refuses other bytes, and leaves what was there', async () => {
    const { url } = await fixture.publish('1.0');
    await fixture.install(shell, url);
    const before = fixture.tree();
    const other = await fixture.publish('2.0', { sha256: 'f'.repeat(64) });
    const done = await fixture.install(shell, other.url);
    expect(done.exitCode).toBe(7);
    expect(done.stderr).toMatch(/^error: fieldkit-\S+ is not the file that was promised: its SHA-256 is '[0-9a-f]{64}', not 'f{64}'$/m);
    expect(fixture.tree()).toEqual(before);
    expect(await says()).toBe('fieldkit 1.0 a  b\n');
  });

  test('on a system that lacks what it needs, it ends before anything is fetched', async () => {
    const { url, distribution } = await fixture.publish('1.0', { requires: { glibc: { version: '2.99', setBy: 'x' } } });
    const done = await fixture.install(shell, url);
    expect(done.exitCode).toBe(4);
    expect(done.stderr).toMatch(/^error: Ann's \$\(Field\) Kit needs glibc 2\.99 or newer, and this system has 2\.\d+$/m);
    expect(fixture.tree()).toEqual([]);
    expect(await fixture.gate.service.downloads(distribution.distId)).toEqual([]);
    expect((await fixture.install(shell, url, { args: '--ignore-requires' })).exitCode).toBe(0);
  });

  test('a script that broke off on its way does nothing', async () => {
    const { url } = await fixture.publish('1.0');
    const text = (await fixture.run(`curl -fsS '${url}/install.sh'`)).stdout;
    const lines = text.split('\n');
    for (const length of [40, Math.floor(lines.length / 2), lines.length - 3]) {
      const file = inHome('cut.sh');
      writeFileSync(file, lines.slice(0, length).join('\n'));
      await fixture.run(`${shell} "$HOME/cut.sh"`);
      writeFileSync(file, text.trimEnd().slice(0, -3));
      await fixture.run(`${shell} "$HOME/cut.sh"`);
      expect(existsSync(program())).toBe(false);
    }
    expect(fixture.tree()).toEqual(['cut.sh']);
  });

  test('tells of its options', async () => {
    const { url } = await fixture.publish('1.0');
    const help = await fixture.install(shell, url, { args: '--help' });
    expect(help).toMatchObject({ exitCode: 0, stdout: '' });
    expect(help.stderr).toContain('$FIELDKIT_INSTALL_DIR, or ~/.local');
    expect(await fixture.install(shell, url, { args: '--frce' })).toMatchObject({
      exitCode: 2,
      stderr: "error: there is no option '--frce'\nhint: see --help\n",
    });
  });
});

(hostPlatform === undefined ? test.skip : test)('keeps versions that run and the one before, and goes back without fetching', async () => {
  const first = await fixture.publish('1.0');
  const second = await fixture.publish('2.0');
  const downloads = async ({ distribution }: Published) => (await fixture.gate.service.downloads(distribution.distId)).length;
  await install('sh', first);
  expect(await install('sh', first)).toContain('is installed in');
  expect(await downloads(first)).toBe(1);
  const running = fixture.start(`exec "$HOME/.local/bin/fieldkit-wait" 60`);
  try {
    await install('sh', second);
    await install('sh', await fixture.publish('3.0'));
    expect(releases()).toEqual(['1.0', '2.0', '3.0']);
    expect(await install('sh', second)).toContain('is unpacked already');
    expect(await downloads(second)).toBe(1);
    expect(await says()).toBe('fieldkit 2.0 a  b\n');
  } finally {
    await running.killTree();
  }
  await install('sh', second, '--force');
  expect(await downloads(second)).toBe(2);
  expect(releases()).toEqual(['2.0', '2.0']);
  expect(await says()).toBe('fieldkit 2.0 a  b\n');
});

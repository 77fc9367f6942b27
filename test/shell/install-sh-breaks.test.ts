/** install.sh that is ended in the middle, at each step, or run twice at once: what is there works before and after, and the next run mends. */
import '../allow-network';
import '../allow-processes';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { createInstallFixture, findProgram, hostPlatform, type InstallFixture, type Published } from './install-fixture';

let fixture: InstallFixture;
let good: Published;
let next: Published;

/** Version 1.0 is installed, and the script for 2.0 saved, before each. */
beforeEach(async () => {
  fixture = await createInstallFixture();
  good = await fixture.publish('1.0');
  next = await fixture.publish('2.0');
  expect(await fixture.install('sh', good.url)).toMatchObject({ exitCode: 0 });
  await fixture.run(`curl -fsS '${next.url}/install.sh' >install.sh`);
});

afterEach(() => fixture.close());

const says = async () => (await fixture.run(`"$HOME/.local/bin/fieldkit"`)).stdout;
const inRoot = (...parts: readonly string[]) => path.join(fixture.gate.homeDirectory, ...parts);
const lock = () => path.join(fixture.home, '.local/share/fieldkit/.lock');
const leftovers = () => fixture.tree().filter((entry) => /\/\.(new|link|lock|uninstall)/.test(entry));
const runNext = (env: Readonly<Record<string, string>> = {}) => fixture.run('echo $$ >pid; exec sh install.sh', { env });

/** Each of these sends the signal to the script when it is called for the nth time of them all, then goes on. */
function signalAt(count: number, signal: string, tools: readonly string[]): string {
  const directory = inRoot('signalling');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  const cat = findProgram('cat') ?? 'cat';
  for (const tool of tools) {
    const lines = [
      '#!/bin/sh',
      `echo x >>'${inRoot('calls')}'`,
      `n=$(wc -l <'${inRoot('calls')}')`,
      `if [ "$n" -eq ${count} ]; then kill -${signal} "$(${cat} '${inRoot('pid')}')"; fi`,
      `exec ${findProgram(tool) ?? tool} "$@"`,
    ];
    writeFileSync(path.join(directory, tool), `${lines.join('\n')}\n`, { mode: 0o755 });
  }
  writeFileSync(inRoot('calls'), '');
  return `${directory}:${fixture.env.PATH ?? ''}`;
}

/** What changes anything. */
const CHANGING = ['mkdir', 'ln', 'mv', 'rm', 'rmdir', 'chmod', 'tar', 'curl'];

(hostPlatform === undefined ? describe.skip : describe)('a script', () => {
  test('that is killed at any of its steps leaves a program that runs, and the next run mends the rest', async () => {
    expect(await runNext({ PATH: signalAt(0, 'KILL', CHANGING) })).toMatchObject({ exitCode: 0 });
    const steps = readFileSync(inRoot('calls'), 'utf8').split('\n').length - 1;
    expect(steps).toBeGreaterThan(12);
    for (let step = 1; step <= steps; step++) {
      await fixture.run('rm -rf "$HOME/.local" "$HOME/.profile"');
      expect(await fixture.install('sh', good.url)).toMatchObject({ exitCode: 0 });
      await runNext({ PATH: signalAt(step, 'KILL', CHANGING) });
      expect({ step, says: await says() }).toEqual({ step, says: expect.stringMatching(/^fieldkit [12]\.0\n$/) as string });
      expect(await runNext()).toMatchObject({ exitCode: 0 });
      expect({ step, says: await says(), left: leftovers() }).toEqual({ step, says: 'fieldkit 2.0\n', left: [] });
    }
  });

  test.each(['INT', 'TERM', 'HUP'])('that gets SIG%s puts everything back', async (signal) => {
    const before = fixture.tree();
    const done = await runNext({ PATH: signalAt(1, signal, ['tar']) });
    expect(done).toMatchObject({
      exitCode: signal === 'INT' ? 130 : 143,
      stderr: expect.stringContaining('interrupted: nothing was changed') as string,
    });
    expect(fixture.tree()).toEqual(before);
    expect(await says()).toBe('fieldkit 1.0\n');
  });

  test('that is interrupted on a first installation leaves no folder', async () => {
    await fixture.run('rm -rf "$HOME/.local" "$HOME/.profile"');
    expect((await runNext({ PATH: signalAt(1, 'TERM', ['tar']) })).exitCode).toBe(143);
    expect(fixture.tree()).toEqual([]);
  });

  test('that runs twice at once installs once', async () => {
    const results = await Promise.all([runNext(), runNext(), runNext()]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(await fixture.gate.service.downloads(next.distribution.distId)).toHaveLength(1);
    expect(await says()).toBe('fieldkit 2.0\n');
    expect(leftovers()).toEqual([]);
  });

  test('waits for another one, and says which', async () => {
    const PATH = fixture.pathWithFake('sleep', ':');
    for (const holder of [`${process.pid}@${hostname()}`, '1@elsewhere']) {
      symlinkSync(holder, lock());
      const done = await runNext({ PATH });
      expect(done.exitCode).toBe(9);
      expect(done.stderr).toContain(
        `another installation of fieldkit is running (process ${holder})\nhint: wait for it; if there is none, remove '`,
      );
      expect(await says()).toBe('fieldkit 1.0\n');
      rmSync(lock());
    }
  });

  test('takes over from one that is no more', async () => {
    const gone = fixture.start('exit 0');
    await gone.result;
    symlinkSync(`${gone.pid}@${hostname()}`, lock());
    expect(await runNext()).toMatchObject({ exitCode: 0 });
    expect(leftovers()).toEqual([]);
  });

  test('at a terminal shows how far it is', async () => {
    if (findProgram('script') === undefined) return void process.stderr.write('skipped: script is not at hand\n');
    const done = await fixture.run('script -qec "sh install.sh" /dev/null');
    expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('100.0%') as string });
    expect(await says()).toBe('fieldkit 2.0\n');
  });

  test('and what it leaves are found sound by shellcheck', async () => {
    if (findProgram('shellcheck') === undefined) return void process.stderr.write('skipped: shellcheck is not at hand\n');
    // SC2016: what looks like a command in the application's title is none.
    for (const file of ['install.sh', '"$HOME/.local/share/fieldkit/uninstall.sh"']) {
      expect(await fixture.run(`shellcheck --norc --shell=sh --exclude=SC2016 ${file}`)).toMatchObject({ exitCode: 0, stdout: '' });
    }
  });
});

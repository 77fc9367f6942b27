import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { CliContext } from '../../cli/context';
import { runCli } from '../../cli/main';
import { unpackArchive } from '../../cli/fetch/unpack-archive';
import type { BuildRecord } from '../../core/build/build-record';
import type { Envelope } from '../../core/envelope';
import { settleBuild } from '../../core/build/settle/settle-build';
import { startBuild } from '../../core/build/start/start-build';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';
import { createNodeFiles } from '../../local/machine/files-node';
import {
  buildRequest,
  buildServiceOf,
  createBuildWorld,
  deliveryFor,
  EXITED,
  failedReport,
  openSource,
  stage,
  type BuildWorld,
} from '../fakes/builds';
import { tarGzOf, zipOf } from '../fakes/archives';

const files = createNodeFiles();
let world: BuildWorld;
let directory: string;

beforeEach(() => {
  world = createBuildWorld();
  directory = mkdtempSync(path.join(tmpdir(), 'slipway-cli-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly interrupted?: AbortSignal;
  readonly isInteractive?: boolean;
  /** Called whenever the command sleeps. */
  readonly onSleep?: (times: number) => Promise<void> | void;
}

async function slipway(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  let out = '';
  let err = '';
  let sleeps = 0;
  const terminal = {
    write: (text: string) => void (out += text),
    note: (text: string) => void (err += text),
    isInteractive: options.isInteractive ?? false,
    hasColor: false,
    columns: 100,
  };
  const unused = () => Promise.reject(new Error('not needed here'));
  const clock = {
    nowMs: () => world.clock.nowMs(),
    sleep: async (durationMs: number) => {
      await options.onSleep?.(++sleeps);
      await world.clock.sleep(durationMs);
    },
  };
  const exitCode = await runCli({
    argv,
    version: '0.0.0',
    terminal,
    environment: { TZ: 'Europe/Berlin' },
    context: (globals): CliContext => ({
      terminal,
      environment: { TZ: 'Europe/Berlin' },
      workingDirectory: directory,
      globals,
      clock,
      randomness: world.randomness,
      files: () => Promise.resolve(files),
      processes: unused,
      sourcePacker: unused,
      services: () => Promise.resolve({ builds: buildServiceOf(world), distributions: {} as never }),
      host: unused,
      planBuild: unused,
      deployer: unused,
      interrupted: options.interrupted ?? new AbortController().signal,
    }),
  });
  return { exitCode, out, err };
}

function envelope(ran: Ran): Envelope & Record<string, unknown> {
  return JSON.parse(ran.out) as Envelope & Record<string, unknown>;
}

const start = (platforms: Parameters<typeof buildRequest>[0] = ['linux-x86_64']) =>
  startBuild(world, buildRequest(platforms), openSource, { useCache: false });

async function deliver(record: BuildRecord, contents?: Readonly<Record<string, Buffer>>): Promise<void> {
  const delivered = deliveryFor(world.ticket(record));
  const all = { ...delivered.files, ...contents };
  const sums = Object.entries(all)
    .filter(([name]) => name !== 'SHA256SUMS')
    .map(([name, content]) => `${createHash('sha256').update(content).digest('hex')}  ${name}\n`);
  const withSums = { ...all, SHA256SUMS: Buffer.from(sums.join('')) };
  const artifacts = Object.entries(withSums).map(([file, content]) => ({
    file,
    kind: file === 'SHA256SUMS' ? ('checksums' as const) : ('archive' as const),
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  }));
  await stage(world.artifacts, world.ticket(record), { files: withSums, report: { ...delivered.report, artifacts } });
  world.runner.show('linux-x86_64', EXITED);
}

async function succeed(contents?: Readonly<Record<string, Buffer>>): Promise<BuildRecord> {
  const record = await start();
  await deliver(record, contents);
  const settled = await settleBuild(world, record.buildId);
  world.runner.show('linux-x86_64', { state: 'queued' });
  return settled;
}

async function fail(): Promise<BuildRecord> {
  const record = await start();
  await stage(world.artifacts, world.ticket(record), { report: failedReport(world.ticket(record)) });
  world.runner.show('linux-x86_64', EXITED);
  world.runner.say(Array.from({ length: 40 }, (_, at) => `line ${at}\n`).join(''), true);
  return settleBuild(world, record.buildId);
}

describe('status', () => {
  test('shows a build in the time of the reader and in UTC', async () => {
    const record = await succeed();
    const ran = await slipway(['status', record.buildId.slice(0, 5)]);
    expect(ran.exitCode).toBe(0);
    expect(ran.out).toContain(`build ${record.buildId}  fieldkit 1.4.0  succeeded`);
    expect(ran.out).toMatch(/started {2}2026-03-01 01:00 CET \(2026-03-01 00:00 UTC\)/);
    expect(ran.out).toContain('fieldkit-linux-x86_64.tar.gz');
  });

  test('takes the application from the nearest slipway.yaml, whatever else is wrong in it', async () => {
    const record = await succeed();
    mkdirSync(path.join(directory, 'deep', 'er'), { recursive: true });
    writeFileSync(path.join(directory, 'slipway.yaml'), 'name: fieldkit\nnonsense: [\n');
    directory = path.join(directory, 'deep', 'er');
    expect(envelope(await slipway(['status', '--json']))).toMatchObject({
      ok: true,
      data: { status: 'succeeded', build: { buildId: record.buildId } },
    });
    expect((await slipway(['status', '--app', 'tailer'])).err).toContain("there is no build of 'tailer' yet [build-not-found]");
    directory = path.dirname(path.dirname(directory));
  });

  test('of a failed build tells step, cause, hint and the last lines of the log; reading it is no failure', async () => {
    const record = await fail();
    const ran = await slipway(['status', record.buildId]);
    expect(ran.exitCode).toBe(0);
    for (const part of [
      'failed in step compile',
      'the compiler failed [build-failed]',
      'cause: a module is missing',
      'hint:  fix it',
      '| line 39',
    ]) {
      expect(ran.out).toContain(part);
    }
    expect(ran.out).toContain('| line 20\n');
    expect(ran.out).not.toContain('line 19');
  });

  test.each([
    ['zzzzzz', 3, 'build-not-found'],
    ['ab', 2, 'build-reference-invalid'],
    ['latest', 3, 'build-not-found'],
  ])("of '%s' ends with %d", async (reference, exitCode, code) => {
    const ran = await slipway(['status', reference, '--json']);
    expect(ran.exitCode).toBe(exitCode);
    expect(envelope(ran)).toMatchObject({ ok: false, error: { code } });
  });

  test('--watch shows each phase once and ends with the build', async () => {
    const record = await start();
    const phases = ['toolchain', 'compile'];
    const ran = await slipway(['status', record.buildId, '--watch'], {
      onSleep: async (times) => {
        const phase = phases[times - 1];
        if (phase === undefined) return deliver(record);
        const progress = { step: times, stepCount: 2, title: `Do ${phase}` };
        world.runner.show('linux-x86_64', { state: 'running', startedAt: '2026-03-01T00:00:00.000Z', phase, progress });
      },
    });
    expect(ran.exitCode).toBe(0);
    expect(ran.err.split('\n').map((line) => line.replace(/ \(.*$/, ''))).toEqual([
      'linux-x86_64: queued',
      'linux-x86_64: 1/2 Do toolchain',
      'linux-x86_64: 2/2 Do compile',
      'linux-x86_64: succeeded',
      '',
    ]);
  });

  test('--watch on a terminal redraws one line per platform', async () => {
    const record = await start();
    const ran = await slipway(['status', record.buildId, '--watch'], { isInteractive: true, onSleep: () => deliver(record) });
    expect(ran.err).toContain('\u001b[1A\r\u001b[2Klinux-x86_64');
    expect(ran.err.split('\n').every((line) => line.length < 120)).toBe(true);
  });

  test('--watch of a failed build ends with its exit code, the story on standard error', async () => {
    const record = await fail();
    const ran = await slipway(['status', record.buildId, '--watch', '--json']);
    expect(ran.exitCode).toBe(10);
    expect(ran.err).toContain('| line 39');
    expect(envelope(ran)).toMatchObject({
      error: {
        code: 'build-failed',
        message: `build '${record.buildId}' failed on linux-x86_64: the compiler failed`,
        details: { step: 'compile', platforms: [{ platform: 'linux-x86_64' }] },
      },
    });
  });

  test.each([
    ['cancelled', 15, 'build-cancelled'],
    ['timed-out', 14, 'build-timed-out'],
  ] as const)('--watch of a build that %s ends with %d', async (end, exitCode, code) => {
    const record = await start();
    world.runner.show('linux-x86_64', { state: 'ended', end });
    const ran = await slipway(['status', record.buildId, '--watch']);
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.err).toContain(`[${code}]`);
  });

  test('Ctrl+C leaves the build running and says how to go on', async () => {
    const record = await start();
    const controller = new AbortController();
    const ran = await slipway(['status', record.buildId, '--watch'], { interrupted: controller.signal, onSleep: () => controller.abort() });
    expect(ran.exitCode).toBe(130);
    expect(ran.err).toContain(`slipway cancel ${record.buildId}`);
    expect(world.runner.cancelled.size).toBe(0);
  });
});

describe('builds', () => {
  test('lists the newest first, and tells what could not be read', async () => {
    const first = await start();
    world.clock.advance(1_000);
    const second = await start();
    world.clock.advance(1_000);
    const broken = await start();
    const key = storageKey.buildRecord(broken.buildId);
    await world.ledger.replace(key, { nonsense: true }, world.ledger.documents.get(key)?.revision ?? '');
    const ran = await slipway(['builds']);
    expect(ran.exitCode).toBe(0);
    expect(ran.out.split('\n').map((line) => line.split(' ')[0])).toEqual([second.buildId, first.buildId, '']);
    expect(ran.err).toContain(`warning: the record '${key}' cannot be understood`);
    expect(envelope(await slipway(['builds', '--limit', '1', '--json']))).toMatchObject({
      data: { builds: [{ buildId: second.buildId, status: 'queued' }], problems: [{ code: 'record-corrupt' }] },
    });
  });

  test('says that there are none, and refuses a limit that is none', async () => {
    expect((await slipway(['builds'])).out).toBe('no builds yet\n');
    expect((await slipway(['builds', '--limit', '0'])).exitCode).toBe(2);
  });
});

describe('logs', () => {
  test('shows what is there; with --json it is in the envelope', async () => {
    const record = await start();
    world.runner.say('one\ntwo\n', false);
    expect((await slipway(['logs', record.buildId])).out).toBe('one\ntwo\n');
    expect(envelope(await slipway(['logs', record.buildId, '--json']))).toMatchObject({
      data: { platform: 'linux-x86_64', log: 'one\ntwo\n' },
    });
  });

  test('--follow goes on until the end', async () => {
    const record = await start();
    const ran = await slipway(['logs', record.buildId, '--follow'], {
      onSleep: (times) => world.runner.say(times === 1 ? 'one\n' : 'one\ntwo\n', times > 1),
    });
    expect(ran.out).toBe('one\ntwo\n');
  });

  test('--follow ends when nobody writes the log any more', async () => {
    const record = await start();
    world.runner.say('one\n', false);
    const ran = await slipway(['logs', record.buildId, '--follow'], {
      onSleep: () => world.runner.show('linux-x86_64', { state: 'ended', end: 'lost' }),
    });
    expect(ran).toMatchObject({ exitCode: 0, out: 'one\n' });
  });

  test('of several platforms one must be named', async () => {
    const record = await start(['linux-x86_64', 'windows-x86_64']);
    expect((await slipway(['logs', record.buildId])).err).toContain('--platform linux-x86_64');
    expect((await slipway(['logs', record.buildId, '--platform', 'macos-arm64'])).exitCode).toBe(3);
    expect((await slipway(['logs', record.buildId, '--platform', 'windows-x86_64'])).exitCode).toBe(0);
  });
});

describe('cancel', () => {
  test('returns when nothing runs any more', async () => {
    const record = await start();
    const ran = await slipway(['cancel', record.buildId], {
      onSleep: () => world.runner.show('linux-x86_64', { state: 'ended', end: 'cancelled' }),
    });
    expect(ran.exitCode).toBe(0);
    expect(ran.out).toContain('cancelled');
  });

  test('says when the build ended otherwise, or does not end', async () => {
    const record = await start();
    expect((await slipway(['cancel', record.buildId], { onSleep: () => deliver(record) })).exitCode).toBe(4);
    world.runner.show('linux-x86_64', { state: 'queued' });
    expect(envelope(await slipway(['cancel', (await start()).buildId, '--json']))).toMatchObject({
      error: { code: 'cancel-pending', retryable: true },
    });
    expect((await slipway(['cancel', record.buildId])).err).toContain('had already ended: succeeded [build-ended]');
  });
});

test('a hint names the place that was typed, on the terminal and in the envelope', async () => {
  const { buildId } = await succeed();
  const ran = await slipway(['cancel', buildId, '--target', 'aws', '--stage', 'dev', '--json']);
  expect(ran.err).toContain(`slipway status --target aws --stage dev ${buildId}`);
  expect(envelope(ran)).toMatchObject({ error: { hint: expect.stringContaining('slipway status --target aws --stage dev ') as string } });
});

describe('download and verify', () => {
  const program = Buffer.from('#!/bin/sh\necho hello\n');
  const archive = () =>
    tarGzOf([
      { path: 'fieldkit-linux-x86_64/', mode: 0o755 },
      { path: 'fieldkit-linux-x86_64/fieldkit', content: program, mode: 0o755 },
      { path: 'fieldkit-linux-x86_64/data/colours.txt', content: Buffer.from('grün'), mode: 0o644 },
      { path: 'fieldkit-linux-x86_64/link', link: 'fieldkit' },
    ]);

  test('the newest build that succeeded, verified and unpacked', async () => {
    await succeed({ 'fieldkit-linux-x86_64.tar.gz': await archive() });
    await start();
    const ran = await slipway(['download', '--app', 'fieldkit', '--into', 'to here', '--unpack']);
    expect(ran.err).toBe('');
    expect(ran.exitCode).toBe(0);
    const folder = path.join(directory, 'to here', 'fieldkit-linux-x86_64');
    expect(readFileSync(path.join(folder, 'fieldkit'))).toEqual(program);
    expect(readFileSync(path.join(folder, 'data', 'colours.txt'), 'utf8')).toBe('grün');
    expect((await files.stat(path.join(folder, 'fieldkit')))?.mode).toBe(0o755);
    expect(await files.readLink(path.join(folder, 'link'))).toBe('fieldkit');
    expect(readdirSync(path.join(directory, 'to here')).sort()).toEqual([
      'SHA256SUMS',
      'fieldkit-linux-x86_64',
      'fieldkit-linux-x86_64.provenance.json',
      'fieldkit-linux-x86_64.tar.gz',
    ]);
    expect((await slipway(['verify', 'to here/fieldkit-linux-x86_64.tar.gz'])).out).toMatch(/^ok {2}/);
    expect((await slipway(['verify', 'to here/SHA256SUMS'])).exitCode).toBe(0);
    expect((await slipway(['verify', '--app', 'fieldkit'])).out.match(/ok /g)).toHaveLength(3);
  });

  test('provenance beside a file is told, with how far it goes; about other bytes it is a reason to stop', async () => {
    const record = await succeed({ 'fieldkit-linux-x86_64.tar.gz': Buffer.from('one') });
    await slipway(['download', record.buildId]);
    for (const file of ['fieldkit-linux-x86_64.tar.gz', 'fieldkit-linux-x86_64.provenance.json']) {
      const { out, exitCode } = await slipway(['verify', file]);
      expect(exitCode).toBe(0);
      expect(out).toContain('ok  ');
      expect(out).toContain('provenance  fieldkit-linux-x86_64.provenance.json\n  built by  urn:slipway:builder:test\n');
      expect(out).toContain(`from      source sha256 ${record.source.sha256}`);
      expect(out).toContain('not signed');
    }
    expect(envelope(await slipway(['verify', record.buildId, '--json']))).toMatchObject({
      data: { provenance: [{ file: 'fieldkit-linux-x86_64.provenance.json', isSigned: false, builderId: 'urn:slipway:builder:test' }] },
    });
    // Changed together with its checksum, which whoever can change the one can change too.
    writeFileSync(path.join(directory, 'fieldkit-linux-x86_64.tar.gz'), 'two');
    writeFileSync(
      path.join(directory, 'SHA256SUMS'),
      `${createHash('sha256').update('two').digest('hex')}  fieldkit-linux-x86_64.tar.gz\n`,
    );
    for (const file of ['fieldkit-linux-x86_64.tar.gz', 'SHA256SUMS', 'fieldkit-linux-x86_64.provenance.json']) {
      const { err, exitCode } = await slipway(['verify', file]);
      expect([file, exitCode]).toEqual([file, 12]);
      expect(err).toContain('[provenance-mismatch]');
    }
  });

  test('provenance that is none, or that has nothing beside it, proves nothing', async () => {
    writeFileSync(path.join(directory, 'kit.provenance.json'), '{}');
    expect((await slipway(['verify', 'kit.provenance.json'])).err).toContain('[checksum-unknown]');
    const record = await succeed({ 'fieldkit-linux-x86_64.tar.gz': Buffer.from('one') });
    await slipway(['download', record.buildId]);
    rmSync(path.join(directory, 'fieldkit-linux-x86_64.tar.gz'));
    const { err } = await slipway(['verify', 'fieldkit-linux-x86_64.provenance.json']);
    expect(err).toContain('is beside it [checksum-unknown]');
    expect(err).toContain('fieldkit-linux-x86_64.tar.gz');
  });

  test('a build whose provenance says nothing of what is stored is not verified', async () => {
    const record = await succeed();
    const { contents } = world.artifacts as unknown as { contents: Map<string, Buffer> };
    const key = storageKey.buildFile(record.buildId, 'linux-x86_64', 'fieldkit-linux-x86_64.provenance.json');
    const text = contents.get(key)?.toString() ?? '';
    const forged = text.replace(/"sha256": "[0-9a-f]{64}"/, `"sha256": "${'0'.repeat(64)}"`);
    const honest = world.artifacts;
    world = {
      ...world,
      artifacts: { ...honest, read: (name) => (name === key ? Promise.resolve(Readable.from([Buffer.from(forged)])) : honest.read(name)) },
    };
    const manifest = world.ledger.documents.get(storageKey.buildManifest(record.buildId));
    const changed = JSON.parse(JSON.stringify(manifest?.body)) as { artifacts: { kind: string; sha256: string }[] };
    for (const artifact of changed.artifacts)
      if (artifact.kind === 'provenance') artifact.sha256 = createHash('sha256').update(forged).digest('hex');
    await world.ledger.remove(storageKey.buildManifest(record.buildId));
    await world.ledger.create(storageKey.buildManifest(record.buildId), changed);
    const { err, exitCode } = await slipway(['verify', record.buildId]);
    expect(err).toContain('[provenance-mismatch]');
    expect(exitCode).toBe(12);
  });

  test('what is no folder takes nothing', async () => {
    const { buildId } = await succeed({ 'fieldkit-linux-x86_64.tar.gz': Buffer.from('one') });
    writeFileSync(path.join(directory, 'plain'), '');
    symlinkSync('nowhere', path.join(directory, 'dangling'));
    symlinkSync('.', path.join(directory, 'here'));
    for (const into of ['plain', 'dangling']) {
      const ran = await slipway(['download', buildId, '--into', into]);
      expect(ran.exitCode).toBe(4);
      expect(ran.err).toContain(`${into}' is no folder [download-conflict]`);
    }
    expect((await slipway(['download', buildId, '--into', 'here'])).exitCode).toBe(0);
  });

  test('a second time nothing is fetched; another content is not overwritten without a word', async () => {
    const first = await succeed({ 'fieldkit-linux-x86_64.tar.gz': Buffer.from('one') });
    expect((await slipway(['download', first.buildId])).exitCode).toBe(0);
    const again = envelope(await slipway(['download', first.buildId, '--json']));
    expect(again).toMatchObject({ data: { files: [{ wasThere: true }, { wasThere: true }, { wasThere: true }] } });
    world.clock.advance(1_000);
    const second = await succeed({ 'fieldkit-linux-x86_64.tar.gz': Buffer.from('two') });
    const ran = await slipway(['download', second.buildId]);
    expect(ran.exitCode).toBe(4);
    expect(ran.err).toContain('[download-conflict]');
    expect(readFileSync(path.join(directory, 'fieldkit-linux-x86_64.tar.gz'), 'utf8')).toBe('one');
    expect((await slipway(['download', second.buildId, '--force'])).exitCode).toBe(0);
    expect(readFileSync(path.join(directory, 'fieldkit-linux-x86_64.tar.gz'), 'utf8')).toBe('two');
  });

  test('changed bytes are refused and leave no file', async () => {
    const record = await succeed();
    const honest = world.artifacts;
    const { contents } = honest as unknown as { contents: Map<string, Buffer> };
    const key = storageKey.buildFile(record.buildId, 'linux-x86_64', 'fieldkit-linux-x86_64.tar.gz');
    const lying: BuildWorld = { ...world, artifacts: { ...world.artifacts, read: (name) => honest.read(name) } };
    contents.set(key, Buffer.from('changed'));
    world = lying;
    const ran = await slipway(['download', record.buildId]);
    expect(ran.err).toContain('[checksum-mismatch]');
    expect(ran.exitCode).toBe(12);
    expect(existsSync(path.join(directory, 'fieldkit-linux-x86_64.tar.gz'))).toBe(false);
    expect((await slipway(['verify', record.buildId])).exitCode).toBe(12);
  });

  test('an open or failed build has nothing to download', async () => {
    expect((await slipway(['download', (await start()).buildId])).err).toContain('[build-open]');
    expect((await slipway(['download', (await fail()).buildId])).err).toContain('[no-artifacts]');
  });

  test('verify names what does not match or cannot be known', async () => {
    writeFileSync(path.join(directory, 'a.tar.gz'), 'a');
    expect((await slipway(['verify', 'a.tar.gz'])).err).toContain('[checksum-unknown]');
    writeFileSync(path.join(directory, 'a.tar.gz.sha256'), `${'0'.repeat(64)}  a.tar.gz\n`);
    expect((await slipway(['verify', 'a.tar.gz'])).exitCode).toBe(12);
    expect((await slipway(['verify', 'a.tar.gz.sha256'])).exitCode).toBe(12);
    writeFileSync(path.join(directory, 'a.tar.gz.sha256'), `${'0'.repeat(64)}  ../a.tar.gz\n`);
    expect((await slipway(['verify', 'a.tar.gz.sha256'])).err).toContain('[checksum-unknown]');
    writeFileSync(path.join(directory, 'a.tar.gz.sha256'), '<html>');
    expect((await slipway(['verify', 'a.tar.gz.sha256'])).err).toContain('[checksum-unknown]');
    expect((await slipway(['verify', 'b.tar.gz'])).exitCode).toBe(3);
  });
});

describe('unpacking', () => {
  const into = () => path.join(directory, 'into');
  const written = async (name: string, content: Buffer): Promise<string> => {
    const file = path.join(directory, name);
    writeFileSync(file, content);
    await Promise.resolve();
    return file;
  };

  test.each([
    ['a way up', { path: '../evil', content: Buffer.from('x') }],
    ['a way up inside', { path: 'a/../../evil', content: Buffer.from('x') }],
    ['an absolute name', { path: '/tmp/slipway-evil', content: Buffer.from('x') }],
    ['a drive', { path: 'c:/evil', content: Buffer.from('x') }],
    ['a backslash', { path: '..\\evil', content: Buffer.from('x') }],
    ['a link that leaves', { path: 'a/link', link: '../../evil' }],
    ['an absolute link', { path: 'a/link', link: '/etc/passwd' }],
    ['a link by a detour', { path: 'a/link', link: 'b/../../../evil' }],
    ['an empty link', { path: 'a/link', link: '' }],
  ])('%s is refused', async (_title, entry) => {
    const archive = await written('a.tar.gz', await tarGzOf([entry]));
    await expect(unpackArchive(files, archive, into())).rejects.toMatchObject({ code: 'archive-unsafe' });
    expect(readdirSync(directory).sort()).toEqual(['a.tar.gz', 'into']);
  });

  test('a file is never written through a link, nor a link behind one', async () => {
    const through = await written(
      'a.tar.gz',
      await tarGzOf([
        { path: 'd', link: '.' },
        { path: 'd/file', content: Buffer.from('x') },
      ]),
    );
    await expect(unpackArchive(files, through, into())).rejects.toBeDefined();
    const behind = await written(
      'b.tar.gz',
      await tarGzOf([
        { path: 'd', link: '.' },
        { path: 'd/e', link: '../into/x' },
      ]),
    );
    await expect(unpackArchive(files, behind, `${into()} 2`)).rejects.toMatchObject({ code: 'archive-unsafe' });
  });

  test('where links are not allowed, as on Windows, what they lead to comes in their place', async () => {
    const archive = await written(
      'a.tar.gz',
      await tarGzOf([
        { path: 'kit/lib/kit.bin', content: Buffer.from('program') },
        { path: 'kit/kit', link: 'lib/kit.bin' },
      ]),
    );
    const link = () => Promise.reject(new SlipwayError('permission-denied', 'no permission'));
    await unpackArchive({ ...files, link }, archive, into());
    expect(readFileSync(path.join(into(), 'kit', 'kit'), 'utf8')).toBe('program');
  });

  test('half an archive is refused', async () => {
    const whole = await tarGzOf([{ path: 'a/file', content: Buffer.alloc(100_000, 'x') }]);
    await expect(unpackArchive(files, await written('a.tar.gz', whole.subarray(0, whole.length - 40)), into())).rejects.toMatchObject({
      code: 'archive-unsafe',
    });
    await expect(unpackArchive(files, await written('b.tar.gz', Buffer.from('nonsense')), `${into()} 2`)).rejects.toMatchObject({
      code: 'archive-unsafe',
    });
    await expect(unpackArchive(files, await written('c.zip', Buffer.from('nonsense')), `${into()} 3`)).rejects.toMatchObject({
      code: 'archive-unsafe',
    });
  });

  test('a zip keeps modes and links', async () => {
    const archive = await zipOf([
      { path: 'a/run.sh', content: Buffer.from('x'), mode: 0o755 },
      { path: 'a/link', link: 'run.sh' },
    ]);
    await unpackArchive(files, await written('a.zip', archive), into());
    expect((await files.stat(path.join(into(), 'a', 'run.sh')))?.mode).toBe(0o755);
    expect(await files.readLink(path.join(into(), 'a', 'link'))).toBe('run.sh');
  });

  test('a zip that leads out is refused', async () => {
    const archive = await zipOf([{ path: 'a/link', link: '../../evil' }]);
    await expect(unpackArchive(files, await written('a.zip', archive), into())).rejects.toMatchObject({ code: 'archive-unsafe' });
  });
});

test('a hidden command is not in the help', async () => {
  const { out } = await slipway(['--help']);
  expect(out).toContain('status');
  expect(out).not.toContain('supervise');
});

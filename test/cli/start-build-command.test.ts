import '../allow-processes';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CliContext, WheelRequest } from '../../cli/context';
import { runCli } from '../../cli/main';
import type { BuildRecord } from '../../core/build/build-record';
import type { DeploymentPlace } from '../../core/deployment/deployment-place';
import type { Envelope } from '../../core/envelope';
import { settleBuild } from '../../core/build/settle/settle-build';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';
import { createNodeFiles } from '../../local/machine/files-node';
import { createNodeProcesses } from '../../local/machine/processes-node';
import { createZipSourcePacker } from '../../local/source/source-packer-zip';
import { buildServiceOf, createBuildWorld, deliveryFor, EXITED, failedReport, stage, type BuildWorld } from '../fakes/builds';
import { createKeepingTerminal } from '../fakes/terminal';
import { deploymentConfig } from '../fakes/deployment-config';

const files = createNodeFiles();
const machine = { project: 'p', image: 'i', timeoutMinutes: 60, queuedTimeoutMinutes: 60 };
const DEPLOYMENT = deploymentConfig({
  platforms: {
    'linux-x86_64': { ...machine, environment: 'LINUX_CONTAINER', computeType: 'BUILD_GENERAL1_MEDIUM' },
    'windows-x86_64': { ...machine, environment: 'WINDOWS_OF_NEXT_YEAR', computeType: 'BUILD_GENERAL1_MEDIUM' },
  },
  gateUrl: null,
});
let asked: { readonly target: string; readonly place: DeploymentPlace | undefined }[];
let world: BuildWorld;
let directory: string;

const RECIPE = `schema: 1
name: fieldkit
version: "1.4.0"
binaries:
  fieldkit:
    python: { entry: main.py, dependencies: { requirements: requirements.txt } }
platforms: [linux-x86_64, windows-x86_64, macos-arm64]
`;

beforeEach(() => {
  world = createBuildWorld();
  asked = [];
  directory = mkdtempSync(path.join(tmpdir(), 'slipway-start-'));
  writeFileSync(path.join(directory, 'slipway.yaml'), RECIPE);
  writeFileSync(path.join(directory, 'main.py'), 'print("hello")\n');
  writeFileSync(path.join(directory, 'requirements.txt'), '');
  mkdirSync(path.join(directory, 'deep'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly from?: string;
  readonly onSleep?: () => Promise<void>;
  readonly vendorWheels?: CliContext['vendorWheels'];
}

async function slipway(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const terminal = createKeepingTerminal();
  const environment = { PATH: process.env.PATH ?? '', HOME: directory, USER: 'tester', ...options.environment };
  const unused = () => Promise.reject(new Error('not needed here'));
  const exitCode = await runCli({
    argv,
    version: '0.0.0',
    terminal,
    environment,
    context: (globals): CliContext => ({
      terminal,
      environment,
      workingDirectory: path.join(directory, options.from ?? '.'),
      globals,
      clock: {
        nowMs: () => world.clock.nowMs(),
        sleep: async (durationMs) => {
          await options.onSleep?.();
          await world.clock.sleep(durationMs);
        },
      },
      randomness: world.randomness,
      files: () => Promise.resolve(files),
      processes: () => Promise.resolve(createNodeProcesses()),
      sourcePacker: () =>
        Promise.resolve(
          createZipSourcePacker({
            files,
            directory: path.join(directory, '.home', 'sources'),
            homeDirectory: path.join(directory, '.home'),
            nodePlatform: process.platform,
            now: () => world.clock.nowMs(),
          }),
        ),
      services: (target, place) => {
        asked.push({ target, place });
        const deployment = target === 'aws' ? { deployment: DEPLOYMENT } : {};
        return Promise.resolve({ builds: buildServiceOf(world), distributions: {} as never, ...deployment });
      },
      host: unused,
      planBuild: unused,
      deployer: unused,
      ...(options.vendorWheels === undefined ? {} : { vendorWheels: options.vendorWheels }),
      interrupted: new AbortController().signal,
    }),
  });
  return { exitCode, out: terminal.out, err: terminal.err };
}

const tickets = () => [...world.runner.tickets.values()];
const dataOf = (ran: Ran) => (JSON.parse(ran.out) as Envelope & { data: { build: BuildRecord } }).data;

async function deliver(): Promise<void> {
  for (const ticket of tickets()) await stage(world.artifacts, ticket, deliveryFor(ticket));
  world.runner.show('linux-x86_64', EXITED);
}

test('--platform with an empty variable builds nothing, and does not call that a success', async () => {
  const { exitCode, out, err } = await slipway(['start-build', '--platform', '']);
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
  expect(err).toContain("--platform names nothing: ''");
  expect(await world.ledger.keys('records/')).toEqual([]);
});

test('from any folder of the project: the id on standard output, the way on beside it', async () => {
  const ran = await slipway(['start-build'], { from: 'deep' });
  expect(ran.exitCode).toBe(0);
  const [ticket] = tickets();
  expect(ran.out).toBe(`${ticket?.job.buildId ?? ''}\n`);
  expect(ran.err).toContain(`slipway status ${ticket?.job.buildId ?? ''} --watch`);
  expect(tickets().map(({ job }) => job.platform)).toEqual(['linux-x86_64']);
  expect(ticket?.job).toMatchObject({ name: 'fieldkit', version: '1.4.0', binaries: [{ name: 'fieldkit' }] });
});

test('named platforms are built, one that cannot be is refused before anything starts', async () => {
  const ran = await slipway(['start-build', '--platform', 'windows-x86_64,linux-x86_64', '--json']);
  expect(Object.keys(dataOf(ran).build.jobs)).toEqual(['linux-x86_64', 'windows-x86_64']);
  const refused = await slipway(['start-build', '--platform', 'all']);
  expect(refused.exitCode).toBe(6);
  expect(refused.err).toContain("'macos-arm64'");
  expect((await slipway(['start-build', '--platform', 'toaster'])).exitCode).toBe(2);
  expect(tickets()).toHaveLength(2);
});

test('--wait ends with what the build ended with', async () => {
  const good = await slipway(['start-build', '--wait', '--json'], { onSleep: deliver });
  expect(good.exitCode).toBe(0);
  const names = ['SHA256SUMS', 'fieldkit-linux-x86_64.provenance.json', 'fieldkit-linux-x86_64.tar.gz'];
  expect(dataOf(good)).toMatchObject({ build: { name: 'fieldkit' }, manifest: { artifacts: names.map((file) => ({ file })) } });
  world.runner.show('linux-x86_64', { state: 'queued' });
  const again = await slipway(['start-build', '--wait']);
  expect(again.exitCode).toBe(0);
  expect(again.out).toContain(`result of build ${dataOf(good).build.buildId} reused`);
  expect(again.err).toContain('dependencies are not locked');
  const bad = await slipway(['start-build', '--wait', '--no-cache'], {
    onSleep: async () => {
      const ticket = tickets().at(-1);
      if (ticket !== undefined) await stage(world.artifacts, ticket, { report: failedReport(ticket) });
      world.runner.show('linux-x86_64', EXITED);
    },
  });
  expect(bad.exitCode).toBe(10);
  expect(bad.err).toContain('the compiler failed [build-failed]\nhint: fix it');
});

test('--retry runs what failed again, from any folder and without the project', async () => {
  const first = dataOf(await slipway(['start-build', '--json'])).build;
  world.runner.show('linux-x86_64', { state: 'ended', end: 'lost' });
  await settleBuild(world, first.buildId);
  world.runner.show('linux-x86_64', { state: 'queued' });
  rmSync(path.join(directory, 'slipway.yaml'));
  const again = dataOf(await slipway(['start-build', '--retry', first.buildId, '--json'])).build;
  expect(again).toMatchObject({ retryOf: first.buildId, source: { sha256: first.source.sha256 } });
  expect((await slipway(['start-build', '--retry', first.buildId, '--platform', 'all'])).exitCode).toBe(2);
  expect((await slipway(['start-build', '--retry', 'latest'])).err).toContain('[build-open]');
});

test('secrets are read under their own names, and a missing one is said', async () => {
  writeFileSync(path.join(directory, 'slipway.yaml'), `${RECIPE}secrets: { TOKEN: { env: MY_TOKEN } }\n`);
  const missing = await slipway(['start-build']);
  expect(missing.exitCode).toBe(8);
  expect(missing.err).toContain("'MY_TOKEN'");
  await slipway(['start-build'], { environment: { MY_TOKEN: 'hush' } });
  expect(tickets()[0]).toMatchObject({ secrets: { TOKEN: 'hush' }, job: { secretNames: ['TOKEN'] } });
});

test('--require-clean wants everything committed', async () => {
  expect((await slipway(['start-build', '--require-clean'])).err).toContain('is in no git repository [source-not-clean]');
  const git = (...args: readonly string[]) =>
    spawnSync('git', ['-C', directory, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args]);
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '-m', 'All');
  const clean = await slipway(['start-build', '--require-clean', '--json']);
  expect(dataOf(clean).build.source.git).toMatchObject({ isDirty: false });
  writeFileSync(path.join(directory, 'main.py'), 'print("changed")\n');
  const dirty = await slipway(['start-build', '--require-clean']);
  expect(dirty.exitCode).toBe(4);
  expect(dirty.err).toContain('not committed [source-not-clean]');
});

test('wheels are fetched with the secrets under the names that the build sees', async () => {
  writeFileSync(path.join(directory, 'slipway.yaml'), `${RECIPE}secrets: { UV_INDEX_CORP_PASSWORD: { env: MY_TOKEN } }\n`);
  const handed: Readonly<Record<string, string>>[] = [];
  await slipway(['start-build'], {
    environment: { MY_TOKEN: 'hush' },
    vendorWheels: (_, secrets) => {
      handed.push(secrets);
      return Promise.resolve([]);
    },
  });
  expect(handed).toEqual([{ UV_INDEX_CORP_PASSWORD: 'hush' }]);
});

test('once one platform needs wheels every binary gets its own', async () => {
  const asked: WheelRequest[] = [];
  const first = dataOf(await slipway(['start-build', '--json'])).build;
  const ran = await slipway(['start-build', '--platform', 'linux-x86_64,windows-x86_64', '--json'], {
    vendorWheels: async (request) => {
      asked.push(request);
      if (request.platform === 'linux-x86_64' && request.python.vendor !== 'always') return [];
      mkdirSync(request.vendorDirectory, { recursive: true });
      const file = path.join(request.vendorDirectory, `a-1-${request.platform}.whl`);
      await files.write(file, request.platform);
      return [{ file, sha256: '' }];
    },
  });
  expect(asked.map(({ platform, python }) => `${platform} ${python.vendor}`)).toEqual([
    'linux-x86_64 auto',
    'windows-x86_64 auto',
    'linux-x86_64 always',
  ]);
  expect(dataOf(ran).build.source.sha256).not.toBe(first.source.sha256);
});

test('a project that is not there, and a recipe that is wrong', async () => {
  rmSync(path.join(directory, 'main.py'));
  expect((await slipway(['start-build'])).exitCode).toBeGreaterThan(0);
  rmSync(path.join(directory, 'slipway.yaml'));
  expect((await slipway(['start-build'])).err).toContain('[recipe-not-found]');
  expect(tickets()).toEqual([]);
});

describe('on a deployment', () => {
  test('what it can build of the recipe is built, what is left out is said, and what it costs', async () => {
    const ran = await slipway(['start-build', '--target', 'aws']);
    expect(ran.exitCode).toBe(0);
    expect(tickets().map(({ job }) => job.platform)).toEqual(['linux-x86_64', 'windows-x86_64']);
    expect(ran.err).toContain('note: macos-arm64 of slipway.yaml: not built by this deployment');
    expect(ran.err).toMatch(/cost: linux-x86_64 \$0\.01 a minute, windows-x86_64 unknown; list prices of us-east-1 as of \d{4}-/);
  });

  test('the estimate is what the newest success took, and the end tells what it came to', async () => {
    const first = await slipway(['start-build', '--target', 'aws', '--platform', 'linux-x86_64', '--wait', '--json'], {
      onSleep: async () => {
        await deliver();
        const [startedAt, endedAt] = ['2026-03-01T00:00:30.000Z', '2026-03-01T00:02:00.000Z'];
        world.runner.show('linux-x86_64', { state: 'ended', end: 'exited', startedAt, endedAt });
      },
    });
    expect(first.exitCode).toBe(0);
    expect(dataOf(first)).toMatchObject({ cost: { dollars: 0.02, platforms: [{ platform: 'linux-x86_64', minutes: 2, dollars: 0.02 }] } });
    expect(first.err).toContain('cost: about $0.02 (linux-x86_64 $0.02 for 2 min;');
    const second = await slipway(['start-build', '--target', 'aws', '--platform', 'linux-x86_64', '--no-cache']);
    expect(second.err).toContain('linux-x86_64 about $0.02 (2 min as last time)');
  });

  test('an estimate that cannot be made keeps nobody from building', async () => {
    await world.ledger.create(storageKey.buildIndex(world.clock.nowMs(), '0123456789abcdef'), { name: 'theirs' });
    await world.ledger.create(storageKey.buildRecord('0123456789abcdef'), { schemaVersion: 2 });
    const ran = await slipway(['start-build', '--target', 'aws', '--platform', 'linux-x86_64']);
    expect(ran).toMatchObject({ exitCode: 0, err: expect.stringContaining('cost: linux-x86_64 $0.01 a minute') as string });
  });

  test('status tells what a build has cost so far, and what it came to', async () => {
    await slipway(['start-build', '--target', 'aws', '--platform', 'linux-x86_64']);
    expect((await slipway(['status', '--target', 'aws'])).out).toMatch(/^ {2}cost: none so far$/m);
    world.runner.show('linux-x86_64', { state: 'running', startedAt: new Date(world.clock.nowMs() - 61_000).toISOString() });
    const running = await slipway(['status', '--target', 'aws']);
    expect(running.out).toMatch(/^ {2}cost: so far about \$0\.02 \(linux-x86_64 \$0\.02 for 2 min; list prices of us-east-1/m);
    await deliver();
    world.clock.advance(3 * 60_000);
    world.runner.show('linux-x86_64', { state: 'ended', end: 'exited', endedAt: new Date(world.clock.nowMs()).toISOString() });
    expect(dataOf(await slipway(['status', '--target', 'aws', '--json']))).toMatchObject({ cost: { dollars: 0.05 } });
    expect((await slipway(['status'])).out).not.toContain('cost');
  });

  test('a job whose start is put off is told apart from one that was not started', async () => {
    world = createBuildWorld({ restartAfterMs: 60_000 });
    const full = new SlipwayError('account-limit-reached', 'CodeBuild takes no more builds', { hint: 'wait for a build to end' });
    world.runner.failStart('linux-x86_64', full);
    const ran = await slipway(['start-build', '--target', 'aws', '--platform', 'linux-x86_64']);
    expect(ran.exitCode).toBe(0);
    expect(ran.err).toContain(
      'warning: linux-x86_64 could not be started yet, and is tried again: CodeBuild takes no more builds [account-limit-reached]\nhint: wait for a build to end\n',
    );
    expect((await slipway(['status', '--target', 'aws'])).out).toContain(
      '    not started yet, and tried again: CodeBuild takes no more builds [account-limit-reached]\n    hint:  wait for a build to end\n',
    );
  });

  test('options say which deployment is meant, then slipway.yaml, then the defaults', async () => {
    await slipway(['start-build', '--target', 'aws']);
    writeFileSync(path.join(directory, 'slipway.yaml'), `${RECIPE}target: aws\naws: { region: eu-west-1, stage: dev, profile: release }\n`);
    await slipway(['start-build']);
    await slipway(['start-build', '--stage', 'test', '--region', 'us-east-1', '--profile', 'me']);
    expect(asked).toEqual([
      { target: 'aws', place: { stage: 'prod' } },
      { target: 'aws', place: { stage: 'dev', region: 'eu-west-1', profile: 'release' } },
      { target: 'aws', place: { stage: 'test', region: 'us-east-1', profile: 'me' } },
    ]);
  });

  test('secrets that are not set here are no obstacle: the builds read them themselves', async () => {
    writeFileSync(path.join(directory, 'slipway.yaml'), `${RECIPE}secrets: { TOKEN: { env: MY_TOKEN } }\n`);
    expect((await slipway(['start-build', '--platform', 'linux-x86_64'])).exitCode).toBe(8);
    expect((await slipway(['start-build', '--platform', 'linux-x86_64', '--target', 'aws'])).exitCode).toBe(0);
  });

  test('a recipe of which it can build nothing is refused', async () => {
    writeFileSync(path.join(directory, 'slipway.yaml'), RECIPE.replace(/platforms: .*/, 'platforms: [macos-arm64]'));
    const ran = await slipway(['start-build', '--target', 'aws']);
    expect(ran).toMatchObject({ exitCode: 6, err: expect.stringContaining('the recipe asks for macos-arm64') as string });
  });
});

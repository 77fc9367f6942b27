/** What goes wrong between people, functions, stores and machines, in the deployed app: each ends as it should, and says so. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Build } from '@aws-sdk/client-codebuild';
import type { StartBuildAnswer, StatusAnswer } from '../../core/api/build-calls';
import type { BuildRecord } from '../../core/build/build-record';
import { parameterName } from '../../core/deployment/parameter-names';
import { storageKey } from '../../core/storage-key';
import { FAILURE } from './codebuild/stand-in';
import { envelopeOf } from './world/command-line';
import { useFaultyStage } from './world/faulty-stage';

const stage = useFaultyStage();
const { live } = stage;

afterEach(() => {
  stage.handOn();
});

/** Each test has an application of its own: pointers and parameters are by application. */
let applications = 0;
const project = (platforms: readonly string[] = ['linux-x86_64'], mood: 'succeed' | 'fail' = 'succeed', name = `app-${++applications}`) =>
  live.project({ name, platforms, mood });

const machinesOf = (buildId: string): readonly Build[] =>
  live.world.standIn.builds().filter((build) => variableOf(build, 'SLIPWAY_BUILD_ID') === buildId);
const variableOf = (build: Build, name: string) =>
  build.environment?.environmentVariables?.find((variable) => variable.name === name)?.value;
const jobOf = (record: BuildRecord, platform: keyof BuildRecord['jobs'] = 'linux-x86_64') => {
  const job = record.jobs[platform];
  if (job === undefined) throw new Error(`no job for '${platform}'`);
  return job;
};
const noticesOf = (buildId: string) => live.listener.notices.filter((notice) => notice.buildId === buildId);
const statusOf = async (buildId: string) => (await live.deployment.call<{ readonly build: BuildRecord }>(['status', buildId])).build;

describe('starting', () => {
  test('two admins who start different sources a second apart each get their own bytes', async () => {
    const release = live.world.standIn.holdAt('PROVISIONING');
    const [ours, theirs] = [live.project({ name: 'shared' }), live.project({ name: 'shared' })];
    theirs.put('main.py', 'print("theirs")\n');
    const first = await live.start(ours);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const second = await live.start(theirs);
    release();
    const archives: string[] = [];
    for (const buildId of [first, second]) {
      await live.listener.noticeOf(buildId);
      const { source } = await live.deployment.record(buildId);
      archives.push(await live.deployment.objectText(storageKey.buildFile(buildId, 'linux-x86_64', 'shared-linux-x86_64.tar.gz')));
      expect(archives.at(-1)).toBe(`built from ${source.sha256} on linux-x86_64`);
    }
    expect(new Set(archives).size).toBe(2);
  });

  test('the same request three times, minutes apart, is one build on one machine', async () => {
    const buildId = await live.built(project());
    const request: unknown = JSON.parse(await live.deployment.objectText(storageKey.buildRequest(buildId)));
    const { useCache, ...rest } = request as { readonly useCache: boolean };
    const again = async () => {
      const envelope = await stage.invoke('start-build', { action: 'start', request: rest, useCache });
      return (envelope.data as Extract<StartBuildAnswer, { state: 'started' }>).build.buildId;
    };
    stage.passMinutes(6);
    expect(await again()).toBe(buildId);
    // The second function had died before it noted the machine, and the token has long run out.
    await stage.change(buildId, (record) => withJob(record, { status: 'queued', runnerId: undefined, endedAt: undefined, artifacts: [] }));
    stage.passMinutes(6);
    expect(await again()).toBe(buildId);
    expect(machinesOf(buildId)).toHaveLength(1);
    expect(jobOf(await live.deployment.record(buildId)).runnerId).toBe(machinesOf(buildId)[0]?.id);
  });

  test('CodeBuild that throttles, and then loses an answer, is waited out: one machine', async () => {
    live.world.standIn.failNext('StartBuild', FAILURE.throttled, 2);
    live.world.standIn.failNext('StartBuild', { ...FAILURE.broken, isLate: true });
    const buildId = await live.built(project());
    expect(noticesOf(buildId)).toMatchObject([{ status: 'succeeded' }]);
    expect(machinesOf(buildId)).toHaveLength(1);
  });

  test('the limit of the account leaves one platform waiting, which says why, and the sweep starts it; the other runs', async () => {
    const limit = { type: 'AccountLimitExceededException', message: 'Cannot have more than 300 builds in queue for the account' };
    live.world.standIn.failNext('StartBuild', limit);
    const buildId = await live.start(project(['linux-x86_64', 'linux-arm64']));
    const jobs = Object.values((await live.deployment.record(buildId)).jobs);
    const waiting = jobs.filter(({ runnerId }) => runnerId === undefined);
    expect(waiting).toMatchObject([{ status: 'queued', startProblem: { code: 'account-limit-reached' } }]);
    expect(jobs).toHaveLength(2);
    await stage.age(buildId, 5);
    await stage.sweep();
    expect(await live.listener.noticeOf(buildId)).toMatchObject({ status: 'succeeded' });
    expect(machinesOf(buildId)).toHaveLength(2);
  });

  test('CodeBuild that answers 500 for good leaves a build that says what was lost, and no machine', async () => {
    // As often as one start asks: three calls of three tries each.
    live.world.standIn.failNext('StartBuild', FAILURE.broken, 9);
    const buildId = await live.start(project());
    expect(jobOf(await live.deployment.record(buildId))).toMatchObject({ status: 'queued', startProblem: { code: 'service-unavailable' } });
    await stage.age(buildId, 16);
    await stage.sweep();
    expect(await live.listener.noticeOf(buildId)).toMatchObject({ status: 'failed' });
    expect(jobOf(await live.deployment.record(buildId)).cause).toMatchObject({
      code: 'start-lost',
      message: expect.stringContaining('CodeBuild has a fault') as string,
      hint: `run slipway start-build --retry ${buildId}`,
    });
    expect(machinesOf(buildId)).toEqual([]);
  });

  test('a start that arrived while its function died is found again by whoever looks', async () => {
    const release = live.world.standIn.holdAt('PROVISIONING');
    const buildId = await live.start(project());
    const { runnerId } = jobOf(await live.deployment.record(buildId));
    await stage.change(buildId, (record) => withJob(record, { runnerId: undefined, status: 'queued' }));
    expect(jobOf(await statusOf(buildId)).runnerId).toBe(runnerId);
    release();
    expect(await live.listener.noticeOf(buildId)).toMatchObject({ status: 'succeeded' });
    expect(machinesOf(buildId)).toHaveLength(1);
  });

  test('writes of the record whose answers are lost are known for our own', async () => {
    const isRecord = ({ method, path: key }: { readonly method: string; readonly path: string }) =>
      method === 'PUT' && key.includes('/records/builds/');
    const end = stage.lines.s3.disturb(isRecord, { kind: 'lose-answer' }, 2);
    const buildId = await live.built(project());
    expect(end()).toBe(2);
    expect(noticesOf(buildId)).toMatchObject([{ status: 'succeeded' }]);
    expect(machinesOf(buildId)).toHaveLength(1);
  });
});

describe('the upload', () => {
  const isUpload = ({ method, path: key }: { readonly method: string; readonly path: string }) =>
    method === 'PUT' && /\/sources\/[0-9a-f]{64}\.zip\?/.test(key);
  const large = () => {
    const made = project();
    writeFileSync(path.join(made.directory, 'data.bin'), randomBytes(2_000_000));
    return made;
  };

  test('that breaks off is sent again, whole', async () => {
    const end = stage.lines.s3.disturb(isUpload, { kind: 'break-off', afterBytes: 500_000 }, 2);
    const buildId = await live.built(large());
    expect(end()).toBe(2);
    const { source } = await live.deployment.record(buildId);
    expect(source.sizeBytes).toBeGreaterThan(2_000_000);
    expect(noticesOf(buildId)).toMatchObject([{ status: 'succeeded' }]);
  });

  test('that cannot get through leaves nothing, says so, and the same command later does', async () => {
    const made = large();
    const before = await live.deployment.keys('records/');
    const end = stage.lines.s3.disturb(isUpload, { kind: 'break-off', afterBytes: 500_000 });
    const refused = await live.deployment.refusal(['start-build'], { cwd: made.directory });
    expect(end()).toBe(4);
    expect(refused).toMatchObject({ code: 'upload-failed', exitCode: 9, hint: expect.stringContaining('run the command again') as string });
    expect(refused.message).not.toContain('X-Amz-Signature');
    expect(await live.deployment.keys('records/')).toEqual(before);
    expect(noticesOf(await live.built(made))).toMatchObject([{ status: 'succeeded' }]);
  });
});

describe('a parameter store that denies', () => {
  const denial = {
    kind: 'refuse',
    status: 400,
    code: 'AccessDeniedException',
    message: 'not authorized to perform: ssm:PutParameter',
  } as const;
  const isPut = ({ operation }: { readonly operation: string }) => operation.endsWith('.PutParameter');
  const latestOf = async (name: string) =>
    JSON.parse((await live.deployment.parameter(parameterName.latestBuild('prod', name)))?.value ?? '{}') as object;

  test('fails the command that finds the end of a build, the previous build stays the latest, and a later look mends it', async () => {
    const made = project();
    const first = await live.built(made);
    expect(await latestOf(made.name)).toMatchObject({ buildId: first });
    made.put('main.py', 'print(2)\n');
    const end = stage.lines.ssm.disturb(isPut, denial);
    const second = await live.built(made);
    const refused = await live.deployment.refusal(['status', second]);
    expect(refused).toMatchObject({ code: 'parameter-not-written', message: expect.stringContaining(made.name) as string });
    expect(refused.exitCode).not.toBe(0);
    expect(await latestOf(made.name)).toMatchObject({ buildId: first });
    expect(end()).toBeGreaterThan(0);
    await stage.sweep();
    expect(await latestOf(made.name)).toMatchObject({ buildId: second });
    expect(jobOf(await statusOf(second)).status).toBe('succeeded');
    expect(noticesOf(second)).toHaveLength(1);
  });

  test('fails distribute, and the previous link stays the newest', async () => {
    const made = project();
    const buildId = await live.built(made);
    const name = parameterName.distribution('prod', made.name);
    const distribute = ['distribute', buildId, '--allowed-ips', '203.0.113.0/24'];
    await live.deployment.call(distribute);
    const before = await live.deployment.parameter(name);
    expect(before?.type).toBe('SecureString');
    const end = stage.lines.ssm.disturb(isPut, denial);
    expect(await live.deployment.refusal(distribute)).toMatchObject({ code: 'parameter-not-written' });
    expect(end()).toBeGreaterThan(0);
    expect(await live.deployment.parameter(name)).toEqual(before);
    const copies = await live.deployment.keys('distributions/');
    const records = (await live.deployment.keys('records/distributions/')).map((key) => /([^/]+)\.json$/.exec(key)?.[1] ?? '');
    expect(copies.every((key) => records.includes(key.split('/')[1] ?? ''))).toBe(true);
  });
});

describe('what was built', () => {
  test('is nothing when its report lies about a digest, or when somebody wrote into its staging', async () => {
    const made = project();
    const buildId = await startHeldAtItsEnd(made);
    const { nonce } = jobOf(await live.deployment.record(buildId.id));
    const staged = `${storageKey.stagingPrefix(buildId.id, 'linux-x86_64', nonce)}${made.name}-linux-x86_64.tar.gz`;
    const honest = await live.deployment.objectText(staged);
    await stage.write(staged, honest.replace('built', 'forgd'));
    await live.world.deliver(await buildId.end);
    expect(await live.listener.noticeOf(buildId.id)).toMatchObject({ status: 'failed' });
    expect(jobOf(await live.deployment.record(buildId.id))).toMatchObject({
      status: 'failed',
      cause: { code: 'artifact-mismatch', message: expect.stringContaining('the report says') as string },
      artifacts: [],
    });
    expect(await live.deployment.keys(`builds/${buildId.id}/`)).toEqual([storageKey.buildManifest(buildId.id)]);
    expect(await live.deployment.parameter(parameterName.latestBuild('prod', made.name))).toBeUndefined();
    expect(await live.deployment.refusal(['download', buildId.id])).toMatchObject({ code: 'no-artifacts' });
  });

  test('is written down once by many who look at the same moment', async () => {
    const made = project();
    const held = await startHeldAtItsEnd(made);
    const event = await held.end;
    const asked = await Promise.all([
      ...Array.from({ length: 4 }, () => stage.invoke('status', { query: 'build', reference: held.id })),
      ...Array.from({ length: 2 }, () => stage.invoke('cancel-build', { reference: held.id })),
      ...Array.from({ length: 2 }, () => live.deployment.invoke('build-finished', event)),
      ...Array.from({ length: 2 }, () => stage.sweep()),
    ]);
    const last = await live.deployment.record(held.id);
    expect(jobOf(last).status).toBe('succeeded');
    const seen = asked.slice(0, 4).map((answer) => (answer as { data: Extract<StatusAnswer, { query: 'build' }> }).data.build);
    expect(seen.map((record) => jobOf(record).status)).toEqual(Array(4).fill('succeeded'));
    for (const cancelled of asked.slice(4, 6)) expect(cancelled).toMatchObject({ ok: false, error: { code: 'build-ended' } });
    expect(noticesOf(held.id)).toHaveLength(1);
    expect((await live.deployment.keys('index/open/')).filter((key) => key.endsWith(held.id))).toEqual([]);
    await live.deployment.call(['download', held.id, '--into', path.join(made.directory, 'out')]);
  });
});

describe('an end', () => {
  test('that is cut off between two writes is finished by the sweep', async () => {
    const made = project();
    const isPointer = ({ method, path: key }: { readonly method: string; readonly path: string }) =>
      method === 'PUT' && key.includes(`/pointers/${made.name}.json`);
    const end = stage.lines.s3.disturb(isPointer, { kind: 'refuse', status: 503, code: 'SlowDown' });
    const buildId = await live.start(made);
    await live.world.standIn.ended(machinesOf(buildId)[0]?.id ?? '');
    expect(await live.deployment.refusal(['status', buildId])).toMatchObject({ code: 'service-unavailable', exitCode: 9 });
    expect(jobOf(await live.deployment.record(buildId)).status).toBe('succeeded');
    expect(noticesOf(buildId)).toEqual([]);
    expect(end()).toBeGreaterThan(0);
    await stage.sweep();
    expect(await live.listener.noticeOf(buildId)).toMatchObject({ status: 'succeeded' });
    expect((await live.deployment.parameter(parameterName.latestBuild('prod', made.name)))?.value).toContain(buildId);
    expect((await live.deployment.keys('index/open/')).filter((key) => key.endsWith(buildId))).toEqual([]);
    expect(noticesOf(buildId)).toHaveLength(1);
  });

  test('of CodeBuild’s own making is told as such, and can be tried again', async () => {
    live.world.standIn.faultAt('PROVISIONING', 'the machine is gone');
    const made = project();
    const buildId = await live.built(made);
    expect(noticesOf(buildId)).toMatchObject([{ status: 'failed', message: expect.stringContaining(`--retry ${buildId}`) as string }]);
    expect(jobOf(await live.deployment.record(buildId)).cause).toMatchObject({
      code: 'builder-lost',
      message: expect.stringContaining('the machine is gone') as string,
    });
    const { build } = await live.deployment.call<{ build: BuildRecord }>(['start-build', '--retry', buildId]);
    expect(await live.listener.noticeOf(build.buildId)).toMatchObject({ status: 'succeeded' });
  });
});

describe('records', () => {
  test('a build that does not exist is told by every command, as such', async () => {
    for (const command of [['status'], ['logs'], ['cancel'], ['download'], ['distribute']]) {
      expect(await live.deployment.refusal([...command, '0000000000000000'])).toMatchObject({ code: 'build-not-found', exitCode: 3 });
    }
  });

  test('of a newer slipway are neither changed nor hide others', async () => {
    const made = project();
    const release = live.world.standIn.holdAt('PROVISIONING');
    const newer = await live.start(made);
    const readable = await live.deployment.objectText(storageKey.buildRecord(newer));
    await stage.change(newer, (record) => ({ ...record, schemaVersion: 2, more: { than: 'we know' } }));
    const before = await live.deployment.objectText(storageKey.buildRecord(newer));
    release();
    const other = await live.built(project());
    await stage.sweep();
    expect(await live.deployment.refusal(['status', newer])).toMatchObject({
      code: 'record-corrupt',
      message: expect.stringContaining("of schema version '2'") as string,
      hint: expect.stringContaining('a newer slipway wrote it') as string,
    });
    expect(await live.deployment.refusal(['cancel', newer])).toMatchObject({ code: 'record-corrupt' });
    const list = await live.deployment.run(['builds', '--json']);
    expect(JSON.stringify(envelopeOf(list).data)).toContain(other);
    expect(await live.deployment.objectText(storageKey.buildRecord(newer))).toBe(before);
    expect((await live.deployment.keys('index/open/')).filter((key) => key.endsWith(newer))).toHaveLength(1);
    // Whoever reads it again brings it to its end.
    await stage.write(storageKey.buildRecord(newer), readable);
    await stage.sweep();
    expect(noticesOf(newer)).toMatchObject([{ status: 'succeeded' }]);
  });
});

test("quotes, ': ', '{}', spaces and other letters come through, from the recipe to the report", async () => {
  const said = `Ünï "kit": {'a': 1} $HOME \`x\` %PATH% \\ 工具`;
  const made = project();
  made.put('slipway.yaml', RECIPE(made.name, [`title: ${JSON.stringify(said)}`, `publisher: ${JSON.stringify(said)}`]));
  made.put(`data/ä "b": {c} 'd' $e.txt`, said);
  const { id, end } = await startHeldAtItsEnd(made, { USER: said });
  const { nonce, runnerId } = jobOf(await live.deployment.record(id));
  const report: unknown = JSON.parse(await live.deployment.objectText(`${storageKey.stagingPrefix(id, 'linux-x86_64', nonce)}report.json`));
  expect(report).toMatchObject({ outcome: 'succeeded', warnings: [`title: ${said}`, `publisher: ${said}`] });
  expect(runnerId).toBe(machinesOf(id)[0]?.id);
  await live.world.deliver(await end);
  expect(await live.listener.noticeOf(id)).toMatchObject({
    status: 'succeeded',
    message: expect.stringContaining(`asked for by ${said}`) as string,
  });
  expect(await statusOf(id)).toMatchObject({ requestedBy: said });
});

/** A build whose machine has done its work and of whose end nobody has been told. */
async function startHeldAtItsEnd(made: ReturnType<typeof project>, environment: Readonly<Record<string, string>> = {}) {
  // The id is known when the command ends; the machine must not end before.
  const release = live.world.standIn.holdAt('PROVISIONING');
  const { build } = await live.deployment.call<{ build: BuildRecord }>(['start-build'], { cwd: made.directory, environment });
  const end = stage.endOf(build.buildId);
  release();
  await end;
  return { id: build.buildId, end };
}

function RECIPE(name: string, more: readonly string[] = []): string {
  return [
    'schema: 1',
    `name: ${name}`,
    'version: "1.0.0"',
    'description: succeed',
    ...more,
    'binaries:',
    `  ${name}:`,
    '    python: { entry: main.py, version: "3.12", dependencies: { requirements: requirements.txt } }',
    'platforms: [linux-x86_64]',
    '',
  ].join('\n');
}

function withJob(record: BuildRecord, change: Readonly<Record<string, unknown>>): unknown {
  return { ...record, jobs: { ...record.jobs, 'linux-x86_64': { ...jobOf(record), ...change } } };
}

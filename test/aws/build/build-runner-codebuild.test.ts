import '../../allow-network';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createCodeBuildRunner } from '../../../aws/build/build-runner-codebuild';
import type { ArtifactStore } from '../../../core/ports/artifact-store';
import type { JobObservation } from '../../../core/ports/build-runner';
import { JobSchema } from '../../../core/job/job';
import { FAILURE } from '../../cloud/codebuild/stand-in';
import type { FakeBuild } from '../../cloud/codebuild/fake-execution';
import { BUCKET, LOG_GROUP, PROJECT } from '../../cloud/codebuild/stand-in-world';
import { SOURCE } from '../../fakes/builds';
import { createRunnerWorld, WINDOWS_PROJECT, type RunnerWorld } from './runner-world';

let world: RunnerWorld;
afterEach(() => world.close());

const succeeding: FakeBuild = ({ write }) => {
  write('report.json', '{}');
  return 0;
};
const endless: FakeBuild = () => new Promise(() => undefined);
const UNKNOWN = `${PROJECT}:00000000-0000-4000-8000-000000000000`;
const countOf = (operation: string) => world.standIn.calls.filter((call) => call === operation).length;

/** Asks until the job is in that state; it comes within milliseconds, and nothing tells of it. */
async function until(runnerId: string, isThere: (observation: JobObservation) => boolean): Promise<JobObservation> {
  for (;;) {
    const observation = await world.runner.observe(runnerId);
    if (isThere(observation)) return observation;
    if (observation.state === 'ended') throw new Error(`the job ended before: ${JSON.stringify(observation)}`);
  }
}

describe('start', () => {
  test('a job reaches the build with its source, its secrets and its place for the output', async () => {
    const seen: Record<string, unknown> = {};
    world = await createRunnerWorld(
      {
        readParameter: (name) => Promise.resolve(name.endsWith('/INDEX_PASSWORD') ? 'hush hush' : undefined),
        fake: ({ environment, source, write }) => {
          seen.job = JobSchema.parse(JSON.parse(source('job', 'job.json')?.toString('utf8') ?? ''));
          seen.source = source('source', 'source.zip');
          seen.secret = environment.INDEX_PASSWORD;
          write('report.json', '{}');
          return 0;
        },
      },
      { parameters: { read: () => Promise.resolve('hush hush') } },
    );
    const ticket = world.ticket({ job: { secretNames: ['INDEX_PASSWORD'] } });
    const { runnerId } = await world.runner.start(ticket);
    await world.standIn.ended(runnerId);
    expect(seen).toEqual({ job: ticket.job, source: SOURCE, secret: 'hush hush' });
    expect(await world.runner.observe(runnerId)).toMatchObject({ state: 'ended', end: 'exited', endedAt: expect.any(String) as string });
    expect(world.textOf(`staging/0123456789abcdef/linux-x86_64/${ticket.nonce}/report.json`)).toBe('{}');
    expect(world.encryptions.get(`staging/0123456789abcdef/linux-x86_64/${ticket.nonce}/report.json`)).toBe('none');
    expect(JSON.stringify(world.standIn.builds())).not.toContain('hush');
  });

  test('platforms that start at once wrap their source once', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    const putting = jest.spyOn(world.artifacts, 'put');
    await Promise.all([world.runner.start(world.ticket()), world.runner.start(world.ticket({ job: { platform: 'windows-x86_64' } }))]);
    expect(putting.mock.calls.filter(([key]) => key.endsWith('.wrapped.zip'))).toHaveLength(1);
    expect(
      world.standIn
        .builds()
        .map(({ projectName }) => projectName)
        .sort(),
    ).toEqual([PROJECT, WINDOWS_PROJECT]);
  });

  test('the same ticket is one build: at once, soon after, and when the token has long run out', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    const started = await Promise.all([world.runner.start(world.ticket()), world.runner.start(world.ticket())]);
    world.clock.advance(60_000);
    started.push(await world.runner.start(world.ticket()));
    world.clock.advance(60 * 60_000);
    started.push(await world.runner.start(world.ticket()));
    expect(new Set(started.map(({ runnerId }) => runnerId)).size).toBe(1);
    expect(world.standIn.builds()).toHaveLength(1);
  });

  test('a start that has wrapped its source for minutes finds the one that was quicker', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    const ticket = world.ticket();
    let quicker: { readonly runnerId: string } | undefined;
    const artifacts: ArtifactStore = {
      ...world.artifacts,
      put: async (key, open, options) => {
        if (key.endsWith('.wrapped.zip')) {
          quicker = await world.runner.start(ticket);
          world.clock.advance(6 * 60_000);
        }
        return world.artifacts.put(key, open, options);
      },
    };
    const projects = { 'linux-x86_64': { project: PROJECT, logGroup: LOG_GROUP } };
    const slow = createCodeBuildRunner({ ...world, artifacts, bucket: BUCKET, stage: 'prod', projects });
    const found = await slow.start(ticket);
    expect(found).toEqual(quicker);
    expect(world.standIn.builds()).toHaveLength(1);
  });

  test('a token that was used under other settings leads to the build that it started', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    const first = await world.runner.start(world.ticket());
    await world.artifacts.remove('jobs/0123456789abcdef/linux-x86_64-1.zip'); // As if two starts had crossed.
    expect(await world.runner.start(world.ticket({ timeoutMs: 7_200_000 }))).toEqual(first);
    expect(countOf('StartBuild')).toBe(2);
  });

  test('two admins who start different sources at the same moment each get their own', async () => {
    const seen: Record<string, string> = {};
    world = await createRunnerWorld({
      fake: ({ environment, source }) => {
        seen[environment.SLIPWAY_BUILD_ID ?? ''] = source('source', 'source.zip')?.toString('utf8') ?? '';
        return 0;
      },
    });
    const ticket = world.ticket();
    const other = Buffer.from('the source of somebody else');
    const sha256 = createHash('sha256').update(other).digest('hex');
    const stored = await world.artifacts.put(`sources/${sha256}.zip`, () => Readable.from([other]), {});
    const theirs = {
      ...ticket,
      job: { ...ticket.job, buildId: 'fedcba9876543210', source: { ...ticket.job.source, sha256, sizeBytes: other.length } },
      sourceKey: stored.key,
      sourceVersionId: stored.versionId,
    };
    const started = await Promise.all([world.runner.start(ticket), world.runner.start(theirs)]);
    await Promise.all(started.map(({ runnerId }) => world.standIn.ended(runnerId)));
    expect(seen).toEqual({ '0123456789abcdef': SOURCE.toString('utf8'), fedcba9876543210: other.toString('utf8') });
  });

  test('another attempt is another build', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    const first = await world.runner.start(world.ticket());
    expect(await world.runner.start(world.ticket({ job: { attempt: 2 } }))).not.toEqual(first);
  });

  test('throttling and faults are waited out; a lost answer starts nothing twice', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    world.standIn.failNext('StartBuild', FAILURE.throttled);
    world.standIn.failNext('StartBuild', { ...FAILURE.broken, isLate: true });
    const { runnerId } = await world.runner.start(world.ticket());
    expect(world.standIn.builds().map(({ id }) => id)).toEqual([runnerId]);
    expect(countOf('StartBuild')).toBe(3);
  });

  test.each([
    ['throttling that does not end', FAILURE.throttled, 3, { code: 'service-unavailable' }],
    ['a fault that stays', FAILURE.broken, 3, { code: 'service-unavailable' }],
    [
      'the limit of the account',
      { type: 'AccountLimitExceededException', message: 'Cannot have more than 300 builds in queue for the account' },
      1,
      { code: 'account-limit-reached', message: expect.stringContaining('300 builds in queue') as string },
    ],
    [
      'a refusal',
      { type: 'InvalidInputException', message: 'Invalid image.' },
      1,
      { code: 'call-refused', message: expect.stringMatching(/Invalid image$/) as string },
    ],
    [
      'a missing project',
      { type: 'ResourceNotFoundException', message: 'Project cannot be found' },
      1,
      { code: 'deployment-mismatch', hint: 'run slipway deploy' },
    ],
    [
      'a denial',
      { type: 'AccessDeniedException', message: 'not authorized to perform: codebuild:StartBuild' },
      1,
      { code: 'access-denied' },
    ],
  ])('%s', async (_, failure, calls, expected) => {
    world = await createRunnerWorld({ fake: succeeding });
    world.standIn.failNext('StartBuild', failure, 5);
    await expect(world.runner.start(world.ticket())).rejects.toMatchObject(expected);
    expect(countOf('StartBuild')).toBe(calls);
    expect(world.standIn.builds()).toEqual([]);
  });

  test('a platform of no project is refused', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    expect(await world.runner.platforms()).toEqual(['linux-x86_64', 'windows-x86_64']);
    await expect(world.runner.start(world.ticket({ job: { platform: 'macos-arm64' } }))).rejects.toMatchObject({
      code: 'platform-not-buildable-here',
      hint: expect.stringContaining('linux-x86_64, windows-x86_64') as string,
    });
  });

  test('a job that any machine can build goes to one of Linux where its platform has no project', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    const node = { entry: 'a.mjs', version: '26', assets: [] };
    const binaries = [{ name: 'kit', console: true, node }];
    const { runnerId } = await world.runner.start(world.ticket({ job: { platform: 'macos-arm64', binaries } }));
    const [build] = world.standIn.builds();
    expect(build).toMatchObject({ id: runnerId, projectName: expect.stringContaining('linux-x86_64') as string });
    expect(await world.runner.find?.('0123456789abcdef', 'macos-arm64', 1)).toBe(runnerId);
  });

  test('a secret that is not there is told before anything starts', async () => {
    world = await createRunnerWorld(
      { fake: succeeding },
      { parameters: { read: (name) => Promise.resolve(name.endsWith('/ONE') ? '1' : undefined) } },
    );
    await expect(world.runner.start(world.ticket({ job: { secretNames: ['ONE', 'TWO'] } }))).rejects.toMatchObject({
      code: 'secret-missing',
      message: expect.stringContaining("'/slipway/prod/apps/fieldkit/secrets/TWO'") as string,
      details: { names: ['/slipway/prod/apps/fieldkit/secrets/TWO'] },
    });
    expect(world.standIn.calls).toEqual([]);
  });

  test('a source of other bytes than the job says is never started', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    const ticket = world.ticket();
    const wrong = { ...ticket, job: { ...ticket.job, source: { ...ticket.job.source, sha256: 'a'.repeat(64) } } };
    await expect(world.runner.start(wrong)).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(world.standIn.calls).toEqual([]);
  });
});

describe('observe', () => {
  test('queued, running with the builder’s own steps, ended', async () => {
    let finish: (exitCode: number) => void = () => undefined;
    world = await createRunnerWorld({
      fake: ({ print }) => {
        print('==> [1/8] unpack  Unpack the source\n==> [2/8] compile  Compile fieldkit with Nuitka\nmuch output\n');
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
    });
    const release = world.standIn.holdAt('QUEUED');
    const { runnerId } = await world.runner.start(world.ticket());
    expect(await world.runner.observe(runnerId)).toEqual({ state: 'queued' });
    world.clock.advance(60_000);
    release();
    const running = await until(runnerId, (seen) => seen.state === 'running' && seen.progress !== undefined);
    expect(running).toEqual({
      state: 'running',
      startedAt: '2026-03-01T00:01:00.000Z',
      phase: 'compile',
      progress: { step: 2, stepCount: 8, title: 'Compile fieldkit with Nuitka' },
    });
    finish(1);
    await world.standIn.ended(runnerId);
    expect(await world.runner.observe(runnerId)).toMatchObject({
      state: 'ended',
      end: 'exited',
      // The last step that it has logged, whether or not anybody had looked before.
      phase: 'compile',
      detail: expect.stringContaining('exit status 1') as string,
    });
  });

  test('more than two hundred jobs are three calls, each id gets its answer', async () => {
    world = await createRunnerWorld({ fake: endless, concurrentBuilds: 400 });
    world.standIn.holdAt('QUEUED');
    const started = await Promise.all(
      Array.from({ length: 201 }, (_, at) => world.runner.start(world.ticket({ job: { attempt: at + 1 } }))),
    );
    const ids = started.map(({ runnerId }) => runnerId);
    world.standIn.calls.length = 0;
    const observed = await world.runner.observeAll(ids);
    expect(world.standIn.calls).toEqual(['BatchGetBuilds', 'BatchGetBuilds', 'BatchGetBuilds']);
    expect([...observed.keys()]).toEqual(ids);
    expect([...observed.values()].every(({ state }) => state === 'queued')).toBe(true);
  });

  test('ids that CodeBuild does not know, and ids that are none, are lost and disturb nobody', async () => {
    world = await createRunnerWorld({ fake: endless });
    const { runnerId } = await world.runner.start(world.ticket());
    const observed = await world.runner.observeAll([runnerId, UNKNOWN, 'nonsense', '']);
    expect([...observed].map(([id, { state }]) => [id, state])).toEqual([
      [runnerId, expect.stringMatching(/queued|running/)],
      [UNKNOWN, 'ended'],
      ['nonsense', 'ended'],
      ['', 'ended'],
    ]);
    expect(await world.runner.observe(UNKNOWN)).toMatchObject({ end: 'lost' });
    expect(await world.runner.observeAll([])).toEqual(new Map());
  });

  test('when CodeBuild cannot be asked, nobody is lost', async () => {
    world = await createRunnerWorld({ fake: endless });
    const { runnerId } = await world.runner.start(world.ticket());
    world.standIn.failNext('BatchGetBuilds', FAILURE.broken, 10);
    await expect(world.runner.observeAll([runnerId])).rejects.toMatchObject({ code: 'service-unavailable' });
  });

  test('a log that cannot be read keeps nobody from knowing the rest', async () => {
    world = await createRunnerWorld({ fake: endless });
    const { runnerId } = await world.runner.start(world.ticket());
    await until(runnerId, (seen) => seen.state === 'running' && seen.phase === 'building');
    const denied = { send: () => Promise.reject(Object.assign(new Error('denied'), { name: 'AccessDeniedException' })) };
    const other = await createRunnerWorldOn(denied);
    expect(await other.observe(runnerId)).toMatchObject({ state: 'running', phase: 'building' });
  });

  async function createRunnerWorldOn(logs: { send: () => Promise<never> }) {
    const { createCodeBuildRunner } = await import('../../../aws/build/build-runner-codebuild');
    return createCodeBuildRunner({
      ...world,
      logs,
      bucket: 'b',
      stage: 'prod',
      projects: { 'linux-x86_64': { project: PROJECT, logGroup: 'g' } },
    });
  }
});

describe('find', () => {
  test('by build, platform and attempt, among the newest', async () => {
    world = await createRunnerWorld({ fake: succeeding, concurrentBuilds: 400 });
    world.standIn.holdAt('QUEUED');
    const { runnerId } = await world.runner.start(world.ticket({ job: { attempt: 3 } }));
    await Promise.all(
      Array.from({ length: 110 }, (_, at) =>
        world.runner.start(world.ticket({ job: { buildId: `0123456789ab${String(at).padStart(4, '0')}` } })),
      ),
    );
    world.standIn.calls.length = 0;
    expect(await world.runner.find('0123456789abcdef', 'linux-x86_64', 3)).toBe(runnerId);
    expect(world.standIn.calls).toEqual(['ListBuildsForProject', 'BatchGetBuilds', 'ListBuildsForProject', 'BatchGetBuilds']);
    expect(await world.runner.find('0123456789abcdef', 'linux-x86_64', 1)).toBeUndefined();
    expect(await world.runner.find('0123456789abcdef', 'windows-x86_64', 3)).toBeUndefined();
  });

  test('builds that somebody started by hand are none of ours', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    const { StartBuildCommand } = await import('@aws-sdk/client-codebuild');
    await world.codebuild.send(new StartBuildCommand({ projectName: PROJECT }));
    expect(await world.runner.find('0123456789abcdef', 'linux-x86_64', 1)).toBeUndefined();
  });
});

describe('cancel and release', () => {
  test('a cancelled job ends as such, and again is no error', async () => {
    world = await createRunnerWorld({ fake: endless });
    const { runnerId } = await world.runner.start(world.ticket());
    await world.runner.cancel(runnerId);
    await world.standIn.ended(runnerId);
    expect(await world.runner.observe(runnerId)).toMatchObject({ state: 'ended', end: 'cancelled' });
    await world.runner.cancel(runnerId);
    await world.runner.cancel(UNKNOWN);
    await world.runner.cancel('nonsense');
  });

  test('a stop that is refused is told as long as the build runs', async () => {
    world = await createRunnerWorld({ fake: endless });
    const { runnerId } = await world.runner.start(world.ticket());
    world.standIn.failNext('StopBuild', { type: 'InvalidInputException', message: 'no' });
    await expect(world.runner.cancel(runnerId)).rejects.toMatchObject({ code: 'call-refused' });
    world.standIn.failNext('StopBuild', FAILURE.throttled, 2);
    await world.runner.cancel(runnerId);
    expect((await world.standIn.ended(runnerId)).buildStatus).toBe('STOPPED');
  });

  test('a job that is settled leaves its package, the source stays for others', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    const { runnerId } = await world.runner.start(world.ticket());
    await world.standIn.ended(runnerId);
    await world.runner.release(runnerId, 'succeeded');
    await world.runner.release(runnerId, 'succeeded');
    await world.runner.release(UNKNOWN, 'failed');
    const keys = [...world.artifacts.contents.keys()];
    expect(keys.filter((key) => key.startsWith('jobs/'))).toEqual([]);
    expect(keys.filter((key) => key.startsWith('sources/'))).toHaveLength(2);
  });
});

describe('log', () => {
  const BUILD = '0123456789abcdef';

  test('nothing before the build has a machine, then piece by piece, then the end', async () => {
    let finish: (exitCode: number) => void = () => undefined;
    let print: (text: string) => void = () => undefined;
    world = await createRunnerWorld({
      fake: (context) => {
        print = context.print;
        print('first\nand\r\nsecond\n');
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
    });
    const release = world.standIn.holdAt('QUEUED');
    const { runnerId } = await world.runner.start(world.ticket());
    expect(await world.runner.log(BUILD, 'linux-x86_64')).toEqual({ text: '', next: '', isComplete: false });
    release();
    await until(runnerId, (seen) => seen.state === 'running' && seen.phase === 'building');
    const first = await world.runner.log(BUILD, 'linux-x86_64');
    expect(first.isComplete).toBe(false);
    expect(first.text).toContain('first\nand\nsecond\n');
    const nothing = await world.runner.log(BUILD, 'linux-x86_64', first.next);
    expect(nothing).toEqual({ text: '', next: first.next, isComplete: false });
    print('third\n');
    finish(0);
    await world.standIn.ended(runnerId);
    const last = await world.runner.log(BUILD, 'linux-x86_64', nothing.next);
    expect(last.text).toMatch(/^third\n/);
    expect(last.isComplete).toBe(false);
    // What was logged last may still be on its way.
    expect(await world.runner.log(BUILD, 'linux-x86_64', last.next)).toMatchObject({ text: '', isComplete: false });
    world.clock.advance(5_000);
    expect(await world.runner.log(BUILD, 'linux-x86_64', last.next)).toEqual({ text: '', next: last.next, isComplete: true });
  });

  test('of the newest attempt, and of its own platform', async () => {
    const saying: FakeBuild = ({ environment, print }) => {
      print(`${environment.SLIPWAY_PLATFORM ?? ''} ${environment.SLIPWAY_ATTEMPT ?? ''}\n`);
      return 0;
    };
    world = await createRunnerWorld({ fake: saying });
    for (const attempt of [9, 10]) {
      const { runnerId } = await world.runner.start(world.ticket({ job: { attempt } }));
      await world.standIn.ended(runnerId);
    }
    const { text } = await world.runner.log(BUILD, 'linux-x86_64');
    expect(text).toMatch(/^linux-x86_64 10$/m);
    expect(text).not.toMatch(/^linux-x86_64 9$/m);
    expect((await world.runner.log(BUILD, 'windows-x86_64')).text).toBe('');
    expect((await world.runner.log('0123456789abcdee', 'linux-x86_64')).text).toBe('');
  });

  test('a long log comes in several pieces, none of them larger than a page', async () => {
    const line = `${'x'.repeat(999)}\n`;
    world = await createRunnerWorld({
      fake: ({ print }) => {
        for (let at = 0; at < 3_000; at++) print(line);
        return 0;
      },
    });
    const { runnerId } = await world.runner.start(world.ticket());
    await world.standIn.ended(runnerId);
    world.clock.advance(60_000);
    const pieces: number[] = [];
    let lines = 0;
    for (let next: string | undefined, isComplete = false; !isComplete;) {
      const chunk = await world.runner.log(BUILD, 'linux-x86_64', next);
      lines += chunk.text.split('\n').filter((text) => text.startsWith('xxx')).length;
      pieces.push(Buffer.byteLength(chunk.text));
      ({ next, isComplete } = chunk);
    }
    expect(lines).toBe(3_000);
    expect(pieces.length).toBeGreaterThan(3);
    expect(Math.max(...pieces)).toBeLessThanOrEqual(1024 * 1024);
  });

  test.each([
    'nonsense',
    'fedcba9876543210/linux-x86_64-1/uuid f/000000000000/s',
    '0123456789abcdef/linux-x86_64-1/u',
    '0123456789abcdef/linux-x86_64-1/u a b',
  ])('a place that is none, or another log’s, is refused: %s', async (from) => {
    world = await createRunnerWorld({ fake: succeeding });
    await expect(world.runner.log(BUILD, 'linux-x86_64', from)).rejects.toMatchObject({ code: 'bad-call' });
    expect(world.standIn.calls).toEqual([]);
  });

  test('a place that has run out is told', async () => {
    world = await createRunnerWorld({ fake: succeeding });
    const { runnerId } = await world.runner.start(world.ticket());
    await world.standIn.ended(runnerId);
    const { next } = await world.runner.log(BUILD, 'linux-x86_64');
    await expect(world.runner.log(BUILD, 'linux-x86_64', `${next}x`)).rejects.toMatchObject({
      code: 'bad-call',
      hint: expect.any(String) as string,
    });
  });
});

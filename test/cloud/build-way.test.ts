/** The way of a build in the deployed app: asked for, run, looked at, ended, told of. The compiler is a fake one, the rest is not. */
import type { BuildRecord } from '../../core/build/build-record';
import { useLiveStage } from './world/live-stage';

const live = useLiveStage();

interface Status {
  readonly build: BuildRecord;
  readonly status: string;
  readonly logTails: Readonly<Record<string, readonly string[]>>;
}
const statusOf = (reference: string) => live.deployment.call<Status>(['status', reference]);

test('a build is started, runs by the deployed buildspec, is told of, and stands in the records', async () => {
  const { deployment, listener } = live;
  const { directory } = live.project();
  const started = await deployment.run(['start-build'], { cwd: directory });
  expect(started).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-hjkmnp-tv-z]{16}\n$/) as string });
  const buildId = started.stdout.trim();
  expect(started.stderr).toContain(`slipway status --target aws --stage prod --region ${live.world.cloud.region} ${buildId} --watch`);

  expect(await listener.noticeOf(buildId)).toMatchObject({
    status: 'succeeded',
    subject: 'tiny 1.0.0 succeeded on linux-x86_64 (prod)',
    message: expect.stringContaining(`slipway download ${buildId}`) as string,
  });
  expect(await deployment.call(['status', 'latest'], { cwd: directory })).toMatchObject({
    status: 'succeeded',
    build: { buildId, name: 'tiny', version: '1.0.0', requestedBy: 'ada', jobs: { 'linux-x86_64': { status: 'succeeded', attempt: 1 } } },
    cost: { dollars: 0.01, platforms: [{ platform: 'linux-x86_64', minutes: 1 }] },
  });
  expect(await deployment.keys(`builds/${buildId}/`)).toEqual([
    `builds/${buildId}/linux-x86_64/tiny-linux-x86_64.provenance.json`,
    `builds/${buildId}/linux-x86_64/tiny-linux-x86_64.tar.gz`,
    `builds/${buildId}/linux-x86_64/tiny-linux-x86_64.tar.gz.sha256`,
    `builds/${buildId}/manifest.json`,
  ]);
});

test('start-build returns while the machine works; status, builds and logs --follow see it work, and see it end', async () => {
  const { deployment, world, listener } = live;
  const project = live.project({ name: 'watched' });
  const release = world.standIn.holdAt('POST_BUILD');
  try {
    const buildId = await live.start(project);
    let follow: ReturnType<typeof deployment.run> | undefined;
    await new Promise<void>((seen) => {
      const onOutput = (text: string) => (text.includes('Compile fieldkit') ? seen() : undefined);
      follow = deployment.run(['logs', buildId, '--follow'], { onOutput });
    });
    expect(await statusOf(buildId)).toMatchObject({ status: 'running', build: { buildId } });
    const { builds } = await deployment.call<{ builds: readonly object[] }>(['builds', '--app', 'watched']);
    expect(builds).toMatchObject([{ buildId, status: 'running' }]);
    const part = await deployment.call<{ log: string }>(['logs', buildId]);
    expect(part.log).toContain('Compile fieldkit');

    release();
    const followed = await follow;
    expect(followed).toMatchObject({ exitCode: 0, stderr: '' });
    await listener.noticeOf(buildId);
    const { log } = await deployment.call<{ log: string }>(['logs', buildId]);
    expect(log).toMatch(/Compile fieldkit\n[\s\S]*UPLOAD_ARTIFACTS State: SUCCEEDED/);
    expect(followed?.stdout).toBe(log);
  } finally {
    release();
  }
});

test('cancel ends what the machine runs, and returns when it has ended', async () => {
  const { deployment, world, listener } = live;
  const buildId = await live.start(live.project({ name: 'endless', mood: 'hang' }));
  let follow: ReturnType<typeof deployment.run> | undefined;
  const output = await new Promise<string>((seen) => {
    const onOutput = (text: string) => (/hanging \d+ \d+\n/.test(text) ? seen(text) : undefined);
    follow = deployment.run(['logs', buildId, '--follow'], { onOutput });
  });
  const cancelled = await deployment.call<Status>(['cancel', buildId]);
  expect(cancelled).toMatchObject({ status: 'cancelled', build: { jobs: { 'linux-x86_64': { status: 'cancelled' } } } });
  expect(world.standIn.builds().find(({ id }) => id === cancelled.build.jobs['linux-x86_64']?.runnerId)?.buildStatus).toBe('STOPPED');
  for (const pid of /hanging (\d+) (\d+)/.exec(output)?.slice(1) ?? []) expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  expect((await follow)?.exitCode).toBe(0);
  expect(await listener.noticeOf(buildId)).toMatchObject({ status: 'cancelled' });
  // Once more is no mistake; of one that has ended by itself it is.
  expect(await deployment.call(['cancel', buildId])).toMatchObject({ status: 'cancelled' });
  const ended = await live.built(live.project({ name: 'ended' }));
  expect(await deployment.refusal(['cancel', ended])).toMatchObject({ code: 'build-ended', exitCode: 4 });
});

test('a build that fails says why, by status, --watch and notice, and runs again by --retry', async () => {
  const { deployment, listener } = live;
  const project = live.project({ name: 'broken', mood: 'fail' });
  const buildId = await live.built(project);
  expect(await statusOf(buildId)).toMatchObject({
    status: 'failed',
    build: {
      jobs: { 'linux-x86_64': { status: 'failed', cause: { code: 'build-failed', step: 'compile', cause: 'fieldkit is missing' } } },
    },
    logTails: { 'linux-x86_64': expect.arrayContaining(['error: no module named fieldkit']) as string[] },
  });
  const watched = await deployment.run(['status', buildId, '--watch', '--json']);
  expect(watched.exitCode).toBe(10);
  expect(JSON.parse(watched.stdout)).toMatchObject({ ok: false, error: { code: 'build-failed' } });
  expect((await listener.noticeOf(buildId)).message).toContain(`slipway start-build --retry ${buildId}`);

  const again = await deployment.call<{ build: BuildRecord }>(['start-build', '--retry', buildId]);
  expect(again.build).toMatchObject({ retryOf: buildId, source: { sha256: (await deployment.record(buildId)).source.sha256 } });
  expect(await listener.noticeOf(again.build.buildId)).toMatchObject({ status: 'failed' });
});

test('several platforms run at once, each with its log, and one notice tells their end', async () => {
  const { deployment, listener } = live;
  const both = ['linux-x86_64', 'linux-arm64'] as const;
  const buildId = await live.built(live.project({ name: 'twice', platforms: both }));
  const { build, status } = await statusOf(buildId);
  expect(status).toBe('succeeded');
  for (const platform of both) {
    expect(build.jobs[platform]).toMatchObject({ status: 'succeeded', artifacts: [{ file: `twice-${platform}.tar.gz` }, {}, {}] });
    const { log } = await deployment.call<{ log: string }>(['logs', buildId, '--platform', platform]);
    expect(log).toContain('Compile fieldkit');
  }
  expect(listener.notices.filter((notice) => notice.buildId === buildId)).toHaveLength(1);
  expect(await deployment.refusal(['logs', buildId])).toMatchObject({ code: 'bad-usage', exitCode: 2 });
});

test('what was built already is not built again, unless it is asked for', async () => {
  const { deployment, world } = live;
  const project = live.project({ name: 'same' });
  const first = await live.built(project);
  const builtOnce = world.standIn.builds().length;
  const { build } = await deployment.call<{ build: BuildRecord }>(['start-build'], { cwd: project.directory });
  expect(build.jobs['linux-x86_64']).toMatchObject({ status: 'succeeded', reusedFrom: first });
  expect(world.standIn.builds()).toHaveLength(builtOnce);
  const third = await live.built(project, ['--no-cache']);
  expect((await deployment.record(third)).jobs['linux-x86_64']?.reusedFrom).toBeUndefined();
});

test.each([
  [['status', '0000'], 'build-not-found', 3],
  [['logs', 'no-id'], 'build-not-found', 3],
  [['download', '0000'], 'build-not-found', 3],
])('%j is refused with its own code', async (args, code, exitCode) => {
  expect(await live.deployment.refusal(args)).toMatchObject({ code, exitCode, hint: expect.any(String) as string });
});

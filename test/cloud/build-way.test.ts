/** The way of a build in the deployed app: asked for, run, told of, looked at. The compiler is a fake one, the rest is not. */
import { useLiveStage } from './live-stage';

const live = useLiveStage();

test('a build is started, runs by the deployed buildspec, is told of, and stands in the records', async () => {
  const { deployment, listener } = live;
  const { directory } = live.project();
  const started = await deployment.run(['start-build'], { cwd: directory });
  expect(started).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-hjkmnp-tv-z]{16}\n$/) as string });
  const buildId = started.stdout.trim();

  expect(await listener.noticeOf(buildId)).toMatchObject({
    status: 'succeeded',
    subject: 'tiny 1.0.0 succeeded on linux-x86_64 (prod)',
    message: expect.stringContaining(`slipway download ${buildId}`) as string,
  });
  expect(await deployment.call(['status', buildId], { cwd: directory })).toMatchObject({
    status: 'succeeded',
    build: { buildId, name: 'tiny', version: '1.0.0', requestedBy: 'ada', jobs: { 'linux-x86_64': { status: 'succeeded', attempt: 1 } } },
  });
  expect(await deployment.keys(`builds/${buildId}/`)).toEqual([
    `builds/${buildId}/linux-x86_64/tiny-linux-x86_64.tar.gz`,
    `builds/${buildId}/linux-x86_64/tiny-linux-x86_64.tar.gz.sha256`,
    `builds/${buildId}/manifest.json`,
  ]);
});

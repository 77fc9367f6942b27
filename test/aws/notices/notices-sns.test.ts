/** What people read when a build has ended. */
import { noticeBody, noticeSubject } from '../../../aws/notices/build-notice';
import { createSnsNotices } from '../../../aws/notices/notices-sns';
import type { BuildRecord, JobRecord } from '../../../core/build/build-record';
import { createFakeSdk, sdkError } from '../../fakes/sdk-client';

const SHA = 'a'.repeat(64);
const job = (change: Partial<JobRecord>): JobRecord => ({
  status: 'succeeded',
  attempt: 1,
  nonce: '0'.repeat(32),
  startedAt: '2026-11-21T08:00:00Z',
  endedAt: '2026-11-21T08:04:05Z',
  isCancelRequested: false,
  cache: 'none',
  artifacts: [],
  ...change,
});
const linux = job({
  artifacts: [
    { file: 'fieldkit-linux-x86_64.tar.gz', kind: 'archive', sizeBytes: 21_400_000, sha256: SHA, platform: 'linux-x86_64', versionId: 'v' },
  ],
});
const failed = job({
  status: 'failed',
  cause: { code: 'compile-failed', message: 'no module named numpy', hint: 'add it to dependencies', step: 'compile' },
});
const record = (jobs: BuildRecord['jobs'], change: Partial<BuildRecord> = {}): BuildRecord => ({
  schemaVersion: 1,
  buildId: '0123456789abcdef',
  requestId: '00000000-0000-4000-8000-000000000000',
  name: 'fieldkit',
  version: '1.4.0',
  createdAt: '2026-11-21T08:00:00Z',
  requestedBy: 'ann',
  source: { sha256: SHA, sizeBytes: 1, versionId: 'v', git: { commit: '0123456789abcdef0123', isDirty: false } },
  jobs,
  ...change,
});

test('a build that failed in part says where, why, and what to type', () => {
  const mixed = record({ 'linux-x86_64': linux, 'windows-x86_64': failed });
  expect(noticeSubject(mixed, 'prod')).toBe('fieldkit 1.4.0 failed on windows-x86_64 (prod)');
  expect(noticeBody(mixed, 'prod')).toBe(
    [
      'fieldkit 1.4.0 failed.',
      'Build 0123456789abcdef of stage prod, asked for by ann at 2026-11-21T08:00:00Z from commit 0123456789ab.',
      '',
      '  linux-x86_64    succeeded, after 4min 5s',
      `                  fieldkit-linux-x86_64.tar.gz  21.4 MB  sha256 ${SHA}`,
      '  windows-x86_64  failed, after 4min 5s',
      '                  in step compile: no module named numpy',
      '                  hint: add it to dependencies',
      '',
      'Next:',
      '  slipway logs 0123456789abcdef --platform windows-x86_64 --target aws',
      '  slipway start-build --retry 0123456789abcdef --target aws',
      '  slipway download 0123456789abcdef --platform linux-x86_64 --target aws',
      '',
    ].join('\n'),
  );
});

test('one that succeeded says how to hand it out, with the stage where it is not the usual one', () => {
  const body = noticeBody(record({ 'linux-x86_64': linux }), 'dev');
  expect(body).toContain('slipway download 0123456789abcdef --target aws --stage dev');
  expect(body).toContain('slipway distribute 0123456789abcdef --target aws --stage dev');
  expect(body).not.toContain('logs');
});

test('a cancelled one is no failure to look into', () => {
  const cancelled = record({ 'linux-x86_64': job({ status: 'cancelled' }) });
  expect(noticeSubject(cancelled, 'prod')).toBe('fieldkit 1.4.0 was cancelled on linux-x86_64 (prod)');
  expect(noticeBody(cancelled, 'prod')).not.toContain('slipway logs');
});

test.each([
  ['Größe 1.0\n\t2', 'prod'],
  ['9'.repeat(300), 'prod'],
])('whatever the version, SNS takes the subject', (version, stage) => {
  const subject = noticeSubject(record({ 'linux-x86_64': linux }, { version }), stage);
  expect(subject).toMatch(/^[A-Za-z0-9][\x20-\x7e]*$/);
  expect(subject.length).toBeLessThan(100);
});

test('a cause of any length leaves the message far below what SNS takes', () => {
  const long = job({ status: 'failed', cause: { code: 'x', message: 'ü\n'.repeat(200_000) } });
  expect(Buffer.byteLength(noticeBody(record({ 'linux-x86_64': long }), 'prod'))).toBeLessThan(262_144);
});

test('a message travels whatever a build has said: without the signs that no message may hold', () => {
  const said = `\u001b[31mred\u0000 \ud83d${'x'.repeat(1_900)}😀😀${'y'.repeat(200)}`;
  const body = noticeBody(record({ 'linux-x86_64': job({ status: 'failed', cause: { code: 'x', message: said } }) }), 'prod');
  expect(() => encodeURIComponent(body)).not.toThrow();
  expect(body).not.toMatch(/[^\P{Cc}\t\n\r]/u);
  expect(body).toContain('?[31mred? ?xxx');
});

test('of many files the first are named, and the rest counted', () => {
  const [artifact] = linux.artifacts;
  if (artifact === undefined) throw new Error('no artifact');
  const many = { ...linux, artifacts: Array.from({ length: 200 }, (_, at) => ({ ...artifact, file: `${'f'.repeat(120)}${at}` })) };
  const platforms = ['linux-x86_64', 'linux-arm64', 'windows-x86_64', 'macos-arm64', 'macos-x86_64'] as const;
  const body = noticeBody(record(Object.fromEntries(platforms.map((platform) => [platform, many]))), 'prod');
  expect(body).toContain('and 180 more');
  expect(Buffer.byteLength(body)).toBeLessThan(65_536);
});

test('one message is published, with what a subscription can filter by', async () => {
  const client = createFakeSdk(() => ({ MessageId: 'm' }));
  const topicArn = 'arn:aws:sns:eu-central-1:111122223333:builds';
  await createSnsNotices({ client, topicArn, stage: 'prod' }).buildEnded(record({ 'linux-x86_64': linux, 'windows-x86_64': failed }));
  expect(client.sent).toMatchObject([
    {
      name: 'Publish',
      input: {
        TopicArn: topicArn,
        Subject: 'fieldkit 1.4.0 failed on windows-x86_64 (prod)',
        MessageAttributes: {
          event: { DataType: 'String', StringValue: 'build-ended' },
          stage: { StringValue: 'prod' },
          name: { StringValue: 'fieldkit' },
          buildId: { StringValue: '0123456789abcdef' },
          status: { StringValue: 'failed' },
        },
      },
    },
  ]);
});

test('a topic that cannot be told rejects', async () => {
  const client = createFakeSdk(() => sdkError('AuthorizationError', { status: 403 }));
  const notices = createSnsNotices({ client, topicArn: 'arn:aws:sns:x', stage: 'prod' });
  await expect(notices.buildEnded(record({ 'linux-x86_64': linux }))).rejects.toMatchObject({ code: 'access-denied' });
});

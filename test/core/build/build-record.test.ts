import {
  buildStatus,
  isOpen,
  JOB_STATUSES,
  jobsOf,
  withJob,
  type BuildRecord,
  type JobRecord,
  type JobStatus,
} from '../../../core/build/build-record';
import type { PlatformId } from '../../../core/platform';

function record(statuses: Partial<Record<PlatformId, JobStatus>>): BuildRecord {
  const job = (status: JobStatus): JobRecord => ({
    status,
    attempt: 1,
    nonce: '0'.repeat(32),
    isCancelRequested: false,
    cache: 'none',
    artifacts: [],
  });
  return {
    schemaVersion: 1,
    buildId: '0123456789abcdef',
    requestId: '0b9c4a52-7d5e-4f0e-9a55-0d6b3f1f2a11',
    name: 'fieldkit',
    version: '1.0.0',
    createdAt: '2026-01-02T03:04:05.000Z',
    requestedBy: 'someone',
    source: { sha256: 'a'.repeat(64), sizeBytes: 1, versionId: 'v' },
    jobs: Object.fromEntries(Object.entries(statuses).map(([platform, status]) => [platform, job(status)])),
  };
}

test.each<[Partial<Record<PlatformId, JobStatus>>, JobStatus]>([
  [{ 'linux-x86_64': 'queued', 'windows-x86_64': 'failed' }, 'queued'],
  [{ 'linux-x86_64': 'queued', 'windows-x86_64': 'running' }, 'running'],
  [{ 'linux-x86_64': 'succeeded', 'windows-x86_64': 'succeeded' }, 'succeeded'],
  [{ 'linux-x86_64': 'succeeded', 'windows-x86_64': 'cancelled' }, 'cancelled'],
  [{ 'linux-x86_64': 'timed-out', 'windows-x86_64': 'cancelled' }, 'timed-out'],
  [{ 'linux-x86_64': 'timed-out', 'windows-x86_64': 'failed' }, 'failed'],
])('the build of %j is %s', (statuses, expected) => {
  expect(buildStatus(record(statuses))).toBe(expected);
});

test('a job goes forward only, and an ended one stays as it is', () => {
  const legal = JOB_STATUSES.flatMap((from) =>
    JOB_STATUSES.filter((to) => {
      try {
        withJob(record({ 'linux-x86_64': from }), 'linux-x86_64', { status: to });
        return from !== to;
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'illegal-transition' });
        return false;
      }
    }).map((to) => `${from} ${to}`),
  );
  expect(legal).toEqual([
    'queued running',
    'queued succeeded',
    'queued failed',
    'queued cancelled',
    'queued timed-out',
    'running succeeded',
    'running failed',
    'running cancelled',
    'running timed-out',
  ]);
});

test('only queued and running are open', () => {
  expect(JOB_STATUSES.filter(isOpen)).toEqual(['queued', 'running']);
});

test('jobs come in the order of the platform table, whatever order they were written in', () => {
  expect(jobsOf(record({ 'windows-x86_64': 'queued', 'linux-x86_64': 'queued' })).map(([platform]) => platform)).toEqual([
    'linux-x86_64',
    'windows-x86_64',
  ]);
});

test('a platform without a job is refused', () => {
  expect(() => withJob(record({ 'linux-x86_64': 'queued' }), 'macos-arm64', { status: 'running' })).toThrow("no job for 'macos-arm64'");
});

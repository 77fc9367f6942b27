import { judgeBudgets } from '../../../builder/checks/budgets';
import type { BinaryEvidence } from '../../../builder/checks/gather-evidence';
import type { Job } from '../../../core/job/job';
import { makeJob } from './check-fixtures';

function judge(budgets: Job['budgets'], evidence: Partial<BinaryEvidence> = {}, archiveBytes = 40_000_000, buildMs = 60_000) {
  const job = makeJob({ budgets });
  const binary = {
    name: 'tool',
    folderBytes: 0,
    fileCount: 0,
    requires: {},
    systemLibraries: [],
    checks: [],
    secretsFound: [],
    ...evidence,
  };
  return judgeBudgets(job, [binary], [{ file: 'tool-linux-x86_64.tar.gz', sizeBytes: archiveBytes }], buildMs);
}

const sample = (medianMs: number) => ({ count: 5, minMs: 1, medianMs, p90Ms: medianMs, maxMs: medianMs });
const launch = (coldMs: number) => ({ cold: sample(coldMs), warm: sample(1) });

test('no budgets, no results', () => {
  expect(judge({})).toEqual([]);
});

test.each<[string, Job['budgets'], Partial<BinaryEvidence>, string, string]>([
  ['a small archive', { archiveBytes: 50_000_000 }, {}, 'passed', 'tool-linux-x86_64.tar.gz takes 40.0 MB'],
  ['an archive of the very size', { archiveBytes: 40_000_000 }, {}, 'passed', 'tool-linux-x86_64.tar.gz takes 40.0 MB'],
  ['a large archive', { archiveBytes: 32_000_000 }, {}, 'failed', 'tool-linux-x86_64.tar.gz takes 40.0 MB, 25.0% over 32.0 MB'],
  ['a near miss', { archiveBytes: 39_990_000 }, {}, 'failed', 'tool-linux-x86_64.tar.gz takes 40.0 MB, 0.03% over 40.0 MB'],
  ['a quick start', { coldStartMs: 1_000 }, { launch: launch(250) }, 'passed', 'tool takes 250ms'],
  ['a slow start', { coldStartMs: 200 }, { launch: launch(250) }, 'failed', 'tool takes 250ms, 25.0% over 200ms'],
  ['a start not measured', { coldStartMs: 200 }, {}, 'skipped', 'not measured for tool'],
  ['much memory', { peakMemoryBytes: 100e6 }, { peakMemoryBytes: 150e6 }, 'failed', 'tool takes 150.0 MB, 50.0% over 100.0 MB'],
  [
    'an old glibc',
    { glibc: '2.28' },
    { requires: { glibc: { version: '2.9', setBy: 'tool' } } },
    'passed',
    'tool needs glibc 2.9, set by tool',
  ],
  [
    'a new glibc',
    { glibc: '2.28' },
    { requires: { glibc: { version: '2.35', setBy: 'lib/_ssl.so' } } },
    'failed',
    'tool needs glibc 2.35, set by lib/_ssl.so',
  ],
  ['no glibc at all', { glibc: '2.28' }, {}, 'passed', 'no file needs glibc'],
  ['a slow build', { buildMs: 30_000 }, {}, 'failed', 'the build takes 1min 0s, 100.0% over 30.0s'],
])('%s', (_what, budgets, evidence, outcome, reason) => {
  expect(judge(budgets, evidence)).toEqual([expect.objectContaining({ kind: 'budget', outcome, reason })]);
});

test('glibc means nothing elsewhere', () => {
  const job = makeJob({ platform: 'macos-arm64', budgets: { glibc: '2.28' } });
  expect(judgeBudgets(job, [], [], 0)).toEqual([expect.objectContaining({ outcome: 'skipped', reason: 'macos-arm64 has no glibc' })]);
});

test('every binary and every archive is held to it, and all that break it are named', () => {
  const job = makeJob({ budgets: { archiveBytes: 10e6 } });
  const [result] = judgeBudgets(
    job,
    [],
    [
      { file: 'a.zip', sizeBytes: 11e6 },
      { file: 'b.zip', sizeBytes: 9e6 },
      { file: 'c.zip', sizeBytes: 20e6 },
    ],
    0,
  );
  expect(result?.reason).toBe('a.zip takes 11.0 MB, 10.0% over 10.0 MB; c.zip takes 20.0 MB, 100.0% over 10.0 MB');
});

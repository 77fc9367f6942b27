import '../../allow-processes';
import { createTrialLauncher } from '../../../builder/comparison/trial-launcher';
import type { Job } from '../../../core/job/job';
import { makeJob, openWorkshop, readyCheck, runCheck, type Workshop } from '../checks/check-fixtures';

let workshop: Workshop;
beforeEach(async () => {
  workshop = await openWorkshop();
});
afterEach(() => workshop.close());

const IDLE = 'while :; do sleep 0.05; done';
const READY = `trap 'exit 0' TERM\necho READY\n${IDLE}`;
const WARM = { isCold: false, measuresMemory: false };

async function launcherOf(script: string, checks: Job['checks']) {
  return createTrialLauncher(workshop.context, makeJob({ checks }), await workshop.program(script));
}

test('launches as the READY check does, and tells how', async () => {
  const checks = [
    runCheck({ args: ['--version'] }),
    readyCheck({ line: 'READY', concurrent: 50 }),
    readyCheck({ line: 'READY', args: ['--db'], withinMs: 9_000 }),
  ];
  const launcher = await launcherOf(READY, checks);
  expect(launcher).toMatchObject({
    title: 'ready --db',
    kind: 'ready',
    args: ['--db'],
    withinMs: 9_000,
    coldMethod: expect.stringMatching(/launch/) as string,
  });
  const launched = await launcher.launch(WARM);
  expect(launched).toEqual({ durationMs: expect.any(Number) as number });
  expect((await launcher.launch({ isCold: false, measuresMemory: true })).peakMemoryBytes).toBeGreaterThan(100_000);
  expect((await launcher.launch({ isCold: true, measuresMemory: false })).fault).toBeUndefined();
  await launcher.end();
});

test('a launch that fails is told by the name of its fault, with the evidence', async () => {
  const launcher = await launcherOf('echo "no such database" >&2; exit 3', [readyCheck({ line: 'READY' })]);
  expect(await launcher.launch(WARM)).toMatchObject({
    fault: 'exited-before-ready',
    evidence: expect.stringContaining('no such database') as string,
  });
  await launcher.end();
});

test('without a READY check the first one that runs to an end is launched', async () => {
  const launcher = await launcherOf('[ "$1" = --good ]', [runCheck({ args: ['--bad'] }), runCheck({ args: ['--good'] })]);
  expect(launcher).toMatchObject({ title: 'run --bad', kind: 'run', args: ['--bad'] });
  expect(await launcher.launch(WARM)).toMatchObject({ fault: 'failed', evidence: expect.stringContaining('exit code 1') as string });
  await launcher.end();
});

test.each([
  ['exit 0', undefined],
  ['exit 2', undefined],
  ['echo "ModuleNotFoundError: No module named x" >&2; echo "Traceback (most recent call last):" >&2; exit 1', 'failed'],
])('a program without checks is asked for its version: %s', async (script, fault) => {
  const launcher = await launcherOf(script, []);
  expect(launcher).toMatchObject({ title: 'run --version', kind: 'run', args: ['--version'] });
  expect((await launcher.launch(WARM)).fault).toBe(fault);
  await launcher.end();
});

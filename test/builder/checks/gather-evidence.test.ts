import '../../allow-processes';
import path from 'node:path';
import { BUILT_IN_TITLES } from '../../../builder/checks/built-in-checks';
import { checkBinary } from '../../../builder/checks/gather-evidence';
import { performJobCheck } from '../../../builder/checks/job-checks';
import { files, HOST_PLATFORM, makeJob, nodeScript, openWorkshop, processes, readyCheck, runCheck, type Workshop } from './check-fixtures';

/** Each launches a program two dozen times: seconds on a busy machine. */
jest.setTimeout(60_000);

let workshop: Workshop;
beforeEach(async () => {
  workshop = await openWorkshop();
});
afterEach(() => workshop.close());

const versionCheck = runCheck({ args: ['--version'], stdout: 'toolbox {version}' });
const job = makeJob({ platform: HOST_PLATFORM, checks: [versionCheck] });
const SOUND = 'echo "toolbox 1.4.0"';

test('a sound program passes everything and is measured', async () => {
  const binary = await workshop.program(SOUND, { 'data/x.txt': 'hello' });
  const evidence = await checkBinary(workshop.context, job, binary);
  expect(evidence.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  expect(evidence.checks.map(({ title }) => title)).toEqual([
    'run --version',
    ...BUILT_IN_TITLES,
    `built-in: files are for ${HOST_PLATFORM}`,
    'built-in: libraries of the system',
  ]);
  expect(evidence.folderBytes).toBe(5 + `#!/bin/sh\n${SOUND}\n`.length);
  expect(evidence.fileCount).toBe(2);
  expect(evidence.launch?.cold.count).toBe(5);
  expect(evidence.launch?.warm.count).toBe(10);
  expect(evidence.launch?.method).toMatch(/^from launch to exit of 'run --version'; cold: /);
  expect(workshop.log).toHaveLength(evidence.checks.length);
  expect(await files.list(path.join(workshop.context.jobDirectory, 'work'))).toEqual([]);
});

test('a program that needs the place where it was built fails in each other place', async () => {
  const binary = await workshop.program(
    [
      'command -v ls >/dev/null || { echo "no ls on PATH" >&2; exit 3; }',
      '[ -n "$HOME" ] || exit 4',
      '[ -h "$0" ] && exit 5',
      'case "$0" in *" "*) exit 6;; esac',
      '[ "$LC_ALL" = C ] && { echo "UnicodeEncodeError: ascii" >&2; exit 1; }',
      // Where it was built it may write; a copy elsewhere it may not, or it leaves a trace.
      `case "$0" in */built/*) ;; *) echo x > "\${0%/*}/cache" || exit 7;; esac`,
      "trap '' PIPE",
      'echo "toolbox 1.4.0" 2>/dev/null || exec sleep 60',
    ].join('\n'),
  );
  const checks = [{ ...versionCheck, timeoutMs: 1_000 }];
  const evidence = await checkBinary(workshop.context, { ...job, checks }, binary);
  const builtIn = evidence.checks.filter(({ title }) => BUILT_IN_TITLES.includes(title));
  expect(builtIn.map(({ title, outcome }) => [title, outcome])).toEqual(BUILT_IN_TITLES.map((title) => [title, 'failed']));
  const reasonOf = (title: string) => evidence.checks.find((check) => check.title === `built-in: ${title}`)?.reason;
  expect(reasonOf('empty environment')).toContain('expected exit code 0, got exit code 3');
  expect(reasonOf('empty environment')).toContain('no ls on PATH');
  expect(reasonOf('without HOME')).toContain('got exit code 4');
  expect(reasonOf('started through a link')).toContain('got exit code 5');
  expect(reasonOf('path with spaces and non-ASCII letters')).toContain('got exit code 6');
  expect(reasonOf('output into a closed pipe')).toContain('its reader had gone');
  expect(reasonOf('output into a pipe with a legacy code page')).toContain('UnicodeEncodeError');
  expect(evidence.launch).toBeDefined();
});

test('a program that writes beside itself is found out, also by root without setpriv', async () => {
  const without = {
    ...processes,
    find: (name: string, env: Readonly<Record<string, string>>) =>
      name === 'setpriv' ? Promise.resolve(undefined) : processes.find(name, env),
  };
  const poor = await openWorkshop({ processes: without });
  try {
    const binary = await poor.program(`: 2>/dev/null > "\${0%/*}/cache"; ${SOUND}`);
    const evidence = await checkBinary(poor.context, job, binary);
    const check = evidence.checks.find(({ title }) => title === 'built-in: read-only folder');
    // As root it can write; as anybody else the shell goes on after the refusal, and nothing is left.
    if (process.getuid?.() === 0) {
      expect(check).toMatchObject({
        outcome: 'failed',
        reason: 'it changed its own folder: cache; judged by what it left: modes do not bind root',
      });
    } else expect(check).toMatchObject({ outcome: 'passed' });
  } finally {
    await poor.close();
  }
});

test('a program that fails in a plain place is told once', async () => {
  const binary = await workshop.program('echo broken >&2; exit 9');
  const evidence = await checkBinary(workshop.context, job, binary);
  expect(evidence.checks[0]).toMatchObject({ title: 'run --version', outcome: 'failed' });
  expect(evidence.checks[0]?.reason).toMatch(
    /expected exit code 0, got exit code 9; .*got nothing; standard error ends with:\n {2}broken/s,
  );
  const builtIn = evidence.checks.filter(({ title }) => BUILT_IN_TITLES.includes(title));
  expect(new Set(builtIn.map(({ outcome, reason }) => `${outcome}: ${reason}`))).toEqual(
    new Set(["skipped: 'run --version' fails in a plain place already"]),
  );
  expect(evidence.launch).toBeUndefined();
});

test('a program that cannot be started at all is told, not thrown', async () => {
  const binary = await workshop.program('#!/nowhere/interpreter');
  const evidence = await checkBinary(workshop.context, job, binary);
  expect(evidence.checks[0]).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('cannot start') as string });
});

test.each([
  ['ends with 0', 'exit 0', 'passed'],
  ['ends with 2, everywhere', 'exit 2', 'passed'],
  ['is killed', 'kill -SEGV $$', 'failed'],
  ['misses a module', "echo 'Traceback (most recent call last):\nModuleNotFoundError: no six' >&2; exit 1", 'failed'],
])('without checks the program is asked for its help: one that %s', async (_what, script, outcome) => {
  const binary = await workshop.program(`[ "$1" = --help ] || exit 99; ${script}`);
  const evidence = await checkBinary(workshop.context, makeJob({ platform: HOST_PLATFORM }), binary);
  expect(evidence.checks[0]).toMatchObject({ title: 'built-in: starts and ends', outcome });
  expect(evidence.checks.filter((check) => check.outcome === 'failed')).toHaveLength(outcome === 'failed' ? 1 : 0);
});

test('checks get what they ask for, and nothing of this machine', async () => {
  const script = nodeScript(`
    const seen = { args: process.argv.slice(2), env: Object.keys(process.env).sort(), own: process.env.OWN, cwd: process.cwd() };
    let stdin = '';
    process.stdin.on('data', (chunk) => (stdin += chunk)).on('end', () => console.log(JSON.stringify({ ...seen, stdin })));
  `);
  const binary = await workshop.program(script);
  const pattern =
    '"args":\\["a b","{tmp}/x","toolbox-1.4.0"\\],"env":\\["HOME","LANG","OWN",.*"own":"{tmp}","cwd":"{tmp}","stdin":"hello toolbox"';
  const check = runCheck({
    args: ['a b', '{tmp}/x', '{name}-{version}'],
    env: { OWN: '{tmp}' },
    stdin: 'hello {name}',
    stdoutMatches: pattern,
  });
  const secret = { CORP_TOKEN: 'correct-horse-battery' };
  const context = { ...workshop.context, environment: { ...workshop.context.environment, ...secret } };
  const ownJob = makeJob({ platform: HOST_PLATFORM, checks: [check], secretNames: ['CORP_TOKEN'] });
  expect((await performJobCheck(context, ownJob, binary, check)).result).toMatchObject({ outcome: 'passed' });
});

test('ready: launches are counted, measured to the announcement, and not all need to succeed', async () => {
  const ports = path.join(workshop.context.jobDirectory, 'count');
  const script = `
    n=$(cat ${ports} 2>/dev/null || echo 0); echo $((n + 1)) > ${ports}
    [ -z "$(ls -A "$1")" ] || { echo "tmp is not fresh" >&2; exit 1; }
    : > "$1/trace"
    [ "$n" = 2 ] && { echo "lost the race" >&2; exit 1; }
    echo READY
    exec sleep 60`;
  const binary = await workshop.program(script);
  const check = readyCheck({ args: ['{tmp}'], line: 'READY', launches: 5 });
  const evidence = await checkBinary(workshop.context, makeJob({ platform: HOST_PLATFORM, checks: [check] }), binary);
  const [result] = evidence.checks;
  expect(result).toMatchObject({
    title: 'ready {tmp}',
    kind: 'ready',
    outcome: 'failed',
    launches: {
      attempted: 5,
      succeeded: 4,
      readyMs: { count: 4 },
      coldReadyMs: { count: 1 },
      warmReadyMs: { count: 3 },
      faults: [{ fault: 'exited-before-ready', count: 1 }],
    },
  });
  if (process.platform === 'linux') expect(result?.launches?.peakMemoryBytes).toBeGreaterThan(100_000);
  expect(result?.reason).toContain('1 of 6 launches failed: 1 × exited before it was ready: got exit code 1');
  expect(result?.reason).toContain('lost the race');
});

test('ready, many at once: how many were late is counted', async () => {
  const script = `
    for taken in 1 2 3 4 5 6 7 8; do mkdir "$0.$taken" 2>/dev/null && break; done
    [ "$taken" -gt 5 ] || echo READY
    exec sleep 60`;
  const binary = await workshop.program(script);
  const check = readyCheck({ line: 'READY', withinMs: 3_000, launches: 7, concurrent: 7 });
  const { result } = await performJobCheck(workshop.context, makeJob({ platform: HOST_PLATFORM, checks: [check] }), binary, check);
  expect(result).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('3 of 8 launches failed: 3 × not ready within 3.0s: nothing came') as string,
    launches: { attempted: 7, succeeded: 4, concurrent: 7, faults: [{ fault: 'not-ready-in-time', count: 3 }] },
  });
  expect(result.launches).not.toHaveProperty('coldReadyMs');
});

test('ready is also the probe and the measure of a program that only serves', async () => {
  const binary = await workshop.program(`echo '{"port": 4711}'; exec /bin/sleep 60`);
  const check = readyCheck({ jsonKey: 'port', launches: 2 });
  // A shell serves no port.
  const context = { ...workshop.context, connections: { answers: () => Promise.resolve(true) } };
  const evidence = await checkBinary(context, makeJob({ platform: HOST_PLATFORM, checks: [check] }), binary);
  expect(evidence.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(evidence.checks.find(({ title }) => title === 'built-in: output into a closed pipe')).toMatchObject({ outcome: 'skipped' });
  expect(evidence.launch?.method).toMatch(/^from launch to ready of 'ready'/);
  if (process.platform === 'linux') expect(evidence.peakMemoryBytes).toBeGreaterThan(100_000);
});

test('what is for another platform is inspected, and not run', async () => {
  const binary = await workshop.program(SOUND);
  const evidence = await checkBinary(workshop.context, { ...job, platform: 'windows-x86_64' }, binary);
  const reason = `not run: built on ${HOST_PLATFORM} for windows-x86_64`;
  expect(evidence.checks.slice(0, 1 + BUILT_IN_TITLES.length).map((check) => `${check.outcome} ${check.reason}`)).toEqual(
    Array.from({ length: 1 + BUILT_IN_TITLES.length }, () => `skipped ${reason}`),
  );
});

test('where pages cannot be dropped, cold is the first launch of a fresh copy', async () => {
  const mac = await openWorkshop({ platform: 'macos-arm64' });
  try {
    const binary = await mac.program(SOUND);
    const evidence = await checkBinary(mac.context, { ...job, platform: 'macos-arm64' }, binary);
    expect(evidence.launch?.method).toContain('cold: each launch the first one of a fresh copy');
    expect(evidence.launch?.cold.count).toBe(5);
  } finally {
    await mac.close();
  }
});

test("what a program prints of the job's secrets is not repeated", async () => {
  const binary = await workshop.program('echo "token correct-horse-battery" >&2; exit 1');
  const context = { ...workshop.context, environment: { ...workshop.context.environment, CORP_TOKEN: 'correct-horse-battery' } };
  const evidence = await checkBinary(context, { ...job, secretNames: ['CORP_TOKEN'] }, binary);
  expect(evidence.checks[0]?.reason).toContain('token ***');
  expect(JSON.stringify(evidence)).not.toContain('correct-horse');
  expect(evidence.secretsFound).toEqual([expect.objectContaining({ kind: 'job-secret', file: 'tool' })]);
});

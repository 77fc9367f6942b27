/** Launches of real programs: one that keeps to the protocol, and one for each way of not doing so. */
import '../../allow-network';
import '../../allow-processes';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { launchUntilReady, type LaunchLimits, type ReadyLaunch } from '../../../builder/handshake/launch-until-ready';
import type { ReadyExpectation } from '../../../builder/handshake/ready-protocol';
import { LAUNCH_FAULTS } from '../../../core/job/launch-fault';
import { elfFile } from '../../fixtures/executables';
import { isRunning, nodeScript, openWorkshop, type Workshop } from '../checks/check-fixtures';

/** Room for a busy machine; nothing here waits that long. */
jest.setTimeout(60_000);

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());

const LINE: ReadyExpectation = { kind: 'line', line: 'READY' };
const JSON_PORT: ReadyExpectation = { kind: 'json', key: 'port' };
const LIMITS: LaunchLimits = { withinMs: 20_000, watchMs: 100, stopMs: 5_000 };

function launchProgram(
  command: string,
  args: readonly string[],
  expectation: ReadyExpectation = LINE,
  limits: Partial<LaunchLimits> = {},
): Promise<ReadyLaunch> {
  const env = { PATH: '/usr/bin:/bin' };
  return launchUntilReady(workshop.context, { command, args, cwd: '/', env }, expectation, { ...LIMITS, ...limits });
}

/** A line of `sh`. */
const launch = (script: string, expectation: ReadyExpectation = LINE, limits: Partial<LaunchLimits> = {}) =>
  launchProgram('/bin/sh', ['-c', script], expectation, limits);

/** A program in Node, for what a shell cannot do. */
const launchNode = (source: string, expectation: ReadyExpectation = LINE, limits: Partial<LaunchLimits> = {}) =>
  launchProgram(process.execPath, ['-e', source], expectation, limits);

const SERVER = "require('net').createServer().listen(0, '127.0.0.1', function () {";
const ANNOUNCE = 'console.log(JSON.stringify({ port: this.address().port }))';

describe('a program that keeps to the protocol', () => {
  test('is ready, and ends when it is asked to', async () => {
    const result = await launch('echo READY; exec sleep 60');
    expect(result).toEqual({ readyMs: expect.any(Number) as number, heartbeatCount: 0 });
    expect(result.readyMs).toBeLessThan(5_000);
  });

  test('may say more: what it is, that it lives, and why it ends', async () => {
    const script = `trap 'echo "SHUTDOWN reason=signal"; exit 0' TERM; echo "BOOT sidecar=hello version=1.0"; echo READY; echo HEARTBEAT
      while :; do sleep 0.02; done`;
    expect(await launch(script)).toMatchObject({ boot: 'sidecar=hello version=1.0', heartbeatCount: 1, shutdown: 'reason=signal' });
  });

  test('may write the word in two pieces, with CRLF', async () => {
    expect(await launch('printf REA; sleep 0.05; printf "DY\\r\\n"; exec sleep 60')).not.toHaveProperty('fault');
  });

  test('is found at the port that it announces, whichever loopback it took', async () => {
    const result = await launchNode(`${SERVER}${ANNOUNCE}})`, JSON_PORT);
    expect(result).not.toHaveProperty('fault');
    expect(result.port).toBeGreaterThan(0);
  });

  test('may log another object with a port', async () => {
    expect(await launchNode(`${SERVER}${ANNOUNCE};${ANNOUNCE}})`, JSON_PORT)).not.toHaveProperty('fault');
  });

  test('may end by SIGTERM itself, or with any code', async () => {
    expect(await launch('trap "exit 3" TERM; echo READY; while :; do sleep 0.02; done')).not.toHaveProperty('fault');
  });
});

/** Each fault by a program that has it. */
const FAULTY: Readonly<Record<string, readonly [fault: string, evidence: RegExp, launch: () => Promise<ReadyLaunch>]>> = {
  'is not there': ['binary-missing', /^there is no '\/nowhere\/tool'$/, () => launchProgram('/nowhere/tool', [])],
  'has a mode without x': [
    'not-executable',
    /has a mode without x: cannot start .*EACCES/,
    () => launchProgram(written('plain', '#!/bin/sh\n', 0o644), []),
  ],
  'is a folder': ['not-executable', /is a folder/, () => launchProgram(workshop.context.jobDirectory, [])],
  'lacks its interpreter': [
    'not-executable',
    /needs the interpreter '\/nowhere\/python'/,
    () => launchProgram(written('orphan', '#!/nowhere/python\n'), []),
  ],
  'is for another processor': [
    'wrong-architecture',
    /is a program for linux on \w+, this is linux on \w+$/,
    () => launchProgram(written('foreign', elfFile({ machine: process.arch === 'arm64' ? 62 : 183 })), []),
  ],
  'is for another system': [
    'wrong-architecture',
    /is a program for windows on x86_64, this is linux/,
    () => launchProgram(written('tool.exe', windowsProgram()), []),
  ],
  'exits with words on standard error': [
    'exited-before-ready',
    /^exited before it was ready: got exit code 3; standard output .*starting.*no database$/s,
    () => launch('echo starting; echo no database >&2; exit 3'),
  ],
  'is killed': ['exited-before-ready', /^exited before it was ready: ended by SIGSEGV$/, () => launch('kill -SEGV $$')],
  'hangs without a word': [
    'not-ready-in-time',
    /^not ready within 300ms: nothing came on standard output \(.*flush/,
    () => launch('exec sleep 60', LINE, { withinMs: 300 }),
  ],
  'says other things': [
    'not-ready-in-time',
    /^not ready within 1\.0s; standard output .*READYING; standard error .*oops$/s,
    () => launch('echo READYING; echo oops >&2; exec sleep 60', LINE, { withinMs: 1_000 }),
  ],
  'does not end its line': [
    'not-ready-in-time',
    /^not ready within 1\.0s: it wrote "READY" without ending the line$/,
    () => launch('printf READY; exec sleep 60', LINE, { withinMs: 1_000 }),
  ],
  'announces half an object': [
    'malformed-json',
    /^malformed JSON: \{"port":/,
    () => launch('echo "{\\"port\\":"; exec sleep 60', JSON_PORT),
  ],
  'announces port 0': ['port-zero', /^'port' is 0/, () => launch('echo "{\\"port\\":0}"; exec sleep 60', JSON_PORT)],
  'announces a port that it does not serve': [
    'port-not-answering',
    /^nobody takes connections at port \d+/,
    () =>
      launchNode(
        `${SERVER}const { port } = this.address(); this.close(() => console.log(JSON.stringify({ port }))); setInterval(() => {}, 1000)})`,
        JSON_PORT,
      ),
  ],
  'says READY twice': [
    'ready-twice',
    /^it said 2 times that it is ready; standard output/,
    () => launch('echo READY; echo READY; exec sleep 60'),
  ],
  'says READY again when it ends': [
    'ready-twice',
    /^it said 2 times/,
    () => launch('trap "echo READY; exit 0" TERM; echo READY; while :; do sleep 0.02; done'),
  ],
  'crashes once it is ready': [
    'crashed-after-ready',
    /^it ended by itself after it was ready: got exit code 7; .*lost the database$/s,
    () => launch('echo READY; echo lost the database >&2; exit 7', LINE, { watchMs: 20_000 }),
  ],
  'crashes when it is asked to end': [
    'crashed-after-ready',
    /^it crashed when it was asked to end: ended by SIGSEGV$/,
    () =>
      launchNode("process.on('SIGTERM', () => process.kill(process.pid, 'SIGSEGV')); console.log('READY'); setInterval(() => {}, 1000)"),
  ],
  'ignores SIGTERM': [
    'ignored-stop',
    /^it still ran 300ms after it was asked to end, and was killed$/,
    () => launch('trap "" TERM; echo READY; while :; do sleep 0.02; done', LINE, { stopMs: 300 }),
  ],
  'leaves a child behind': [
    'orphaned-child',
    /^it ended, and 1 of the processes that it had started did not: \d+$/,
    () => launch('sleep 300 >/dev/null 2>&1 & echo READY; exec sleep 60'),
  ],
  'leaves a child behind that left its group': [
    'orphaned-child',
    /did not: \d+$/,
    () => launch('setsid sleep 300 >/dev/null 2>&1 & echo READY; exec sleep 60'),
  ],
};

test.each(Object.entries(FAULTY))('a program that %s', async (_what, [fault, evidence, run]) => {
  const result = await run();
  expect(result.fault).toEqual({ kind: fault, evidence: expect.stringMatching(evidence) as string });
});

test('every fault that has a name is shown by a program', () => {
  expect([...new Set(Object.values(FAULTY).map(([fault]) => fault))].sort()).toEqual([...LAUNCH_FAULTS].sort());
});

test('what it leaves behind is ended with it', async () => {
  const result = await launch('sleep 300 >/dev/null 2>&1 & echo "BOOT $!"; echo READY; exec sleep 60');
  expect(await isRunning(Number(result.boot))).toBe(false);
});

test('a child that ends with its parent is no orphan', async () => {
  const script = 'sleep 300 >/dev/null 2>&1 & child=$!; trap "kill $child; exit 0" TERM; echo READY; while :; do sleep 0.02; done';
  expect(await launch(script)).not.toHaveProperty('fault');
});

test('the announcement is timed when it comes, not when the port is tried or the program is looked on', async () => {
  const before = performance.now();
  const result = await launch('echo READY; exec sleep 60', LINE, { watchMs: 1_500 });
  expect(performance.now() - before).toBeGreaterThan(1_500);
  expect(result.readyMs).toBeLessThan(1_500);
});

function written(name: string, content: string | Uint8Array, mode = 0o755): string {
  const file = path.join(workshop.context.jobDirectory, name);
  writeFileSync(file, content, { mode });
  return file;
}

function windowsProgram(): Uint8Array {
  const bytes = Buffer.alloc(512);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt32LE(64, 60);
  bytes.write('PE\0\0', 64, 'latin1');
  bytes.writeUInt16LE(0x8664, 68);
  return bytes;
}

test('a script that is started by its first line is a program like others', async () => {
  const program = await workshop.program(nodeScript("console.log('READY'); setInterval(() => {}, 1000)"));
  expect(await launchProgram(program.executable, [])).not.toHaveProperty('fault');
});

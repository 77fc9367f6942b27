import '../../allow-processes';
import { launchUntilReady } from '../../../builder/checks/ready-check';
import { nodeClock } from '../../../local/machine/clock-node';
import { processes } from './check-fixtures';

/** Room for a busy machine; nothing here waits that long. */
jest.setTimeout(60_000);

const launch = (script: string, withinMs = 10_000, json?: string) =>
  launchUntilReady(
    { processes, clock: nodeClock },
    { command: '/bin/sh', args: ['-c', script], cwd: '/', env: { PATH: '/usr/bin:/bin' } },
    json === undefined ? { kind: 'line', line: 'READY' } : { kind: 'json', key: json },
    withinMs,
  );

test('ready, then stopped', async () => {
  const result = await launch('echo READY; exec sleep 60');
  expect(result.isReady && result.readyMs).toBeGreaterThan(0);
  expect(result.isReady && result.readyMs).toBeLessThan(5_000);
});

test('the port is handed on', async () => {
  expect(await launch('echo booting; echo "{\\"port\\": 4711}"; exec sleep 60', 10_000, 'port')).toMatchObject({
    isReady: true,
    port: 4711,
  });
});

test('the token may come in two writes', async () => {
  expect(await launch('printf REA; sleep 0.05; printf "DY\\r\\n"; exec sleep 60')).toMatchObject({ isReady: true });
});

test('what it leaves behind is ended with it', async () => {
  const before = performance.now();
  // The child survives SIGTERM of its parent, and holds no pipe.
  const result = await launch('sleep 300 >/dev/null 2>&1 & echo "READY $!"; exec sleep 60');
  expect(result.isReady).toBe(true);
  expect(performance.now() - before).toBeLessThan(5_000);
});

test.each([
  [
    'exits',
    'echo starting; echo no database >&2; exit 3',
    /^exited before it was ready: got exit code 3; standard output .*starting.*no database$/s,
  ],
  ['is killed', 'kill -SEGV $$', /^exited before it was ready: ended by SIGSEGV$/],
  ['says nothing', 'exec sleep 60', /^not ready within 300ms: nothing came on standard output \(.*flush/],
  [
    'says other things',
    'echo READYING; echo oops >&2; exec sleep 60',
    /^not ready within 300ms; standard output .*READYING; standard error .*oops$/s,
  ],
  ['does not end its line', 'printf READY; exec sleep 60', /^not ready within 300ms: it wrote "READY" without ending the line$/],
])('a program that %s is diagnosed', async (_what, script, diagnosis) => {
  const result = await launch(script, script.includes('sleep') ? 300 : 10_000);
  expect(result.isReady ? '' : result.diagnosis).toMatch(diagnosis);
});

test.each([
  ['{"port": 0}', "'port' is 0"],
  ['{"port":', 'malformed JSON: {"port":'],
])('%s is told at once', async (line, reason) => {
  const result = await launch(`echo '${line}'; exec sleep 60`, 30_000, 'port');
  expect(result.isReady ? '' : result.diagnosis).toContain(reason);
});

test('a program that cannot be started is the error of the port', async () => {
  const request = { command: '/nowhere/tool', args: [], cwd: '/', env: {} };
  await expect(launchUntilReady({ processes, clock: nodeClock }, request, { kind: 'line', line: 'READY' }, 1_000)).rejects.toMatchObject({
    code: 'process-not-started',
  });
});

/** Windows' process trees, with the system's programs played by a table. */
import '../../allow-processes';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createWindowsTrees, descendantsOf, parseWindowsTable, type WindowsProcess } from '../../../local/machine/process-tree-windows';
import { createNodeProcesses } from '../../../local/machine/processes-node';

const at = (pid: number, parentPid: number, startedAtMs: number): WindowsProcess => ({ pid, parentPid, startedAtMs });
const filetime = (ms: number) => String((BigInt(ms) + 11_644_473_600_000n) * 10_000n);

/** A system with these processes; what taskkill ends is gone from its table. */
function systemWith(table: readonly WindowsProcess[], hasWindows = false) {
  const alive = new Map(table.map((entry) => [entry.pid, entry]));
  const asked: string[] = [];
  const tool = (command: string, args: readonly string[]) => {
    asked.push([path.win32.basename(command), ...args.slice(0, 4)].join(' '));
    if (command.endsWith('powershell.exe')) {
      const lines = [...alive.values()].map((entry) => `${entry.pid} ${entry.parentPid} ${filetime(entry.startedAtMs)}`);
      return Promise.resolve({ exitCode: 0, stdout: lines.join('\r\n') });
    }
    const pid = Number(args[1]);
    const isEnded = alive.has(pid) && (hasWindows || args.includes('/F'));
    if (isEnded) alive.delete(pid);
    return Promise.resolve({ exitCode: isEnded ? 0 : 128, stdout: '' });
  };
  return { asked, alive, trees: createWindowsTrees(tool, 'D:\\Windows'), tool };
}

test('a living root is ended with its tree by taskkill', async () => {
  const { trees, asked } = systemWith([at(10, 1, 1_000)]);
  await trees.kill({ pid: 10, startedAtMs: 1_000 });
  expect(asked).toEqual(['taskkill.exe /PID 10 /T /F']);
});

test('what an ended root left behind is found by parent and time, and nothing else is touched', async () => {
  const { trees, alive, asked } = systemWith([
    at(10, 1, 9_000), // The pid is another program's now.
    at(11, 10, 1_500),
    at(12, 11, 1_600),
    at(13, 10, 9_500), // A child of that other program.
    at(14, 10, 200), // Older than the root: its parent had the pid before.
    at(15, 12, 300), // Older than its alleged parent.
  ]);
  await trees.kill({ pid: 10, startedAtMs: 1_000, endedAtMs: 2_000 });
  expect([...alive.keys()]).toEqual([10, 13, 14, 15]);
  expect(asked.filter((line) => line.startsWith('taskkill'))).toEqual(['taskkill.exe /PID 11 /T /F', 'taskkill.exe /PID 12 /T /F']);
});

test('what runs below a root is told, and not touched', async () => {
  const { trees, alive, asked } = systemWith([at(11, 10, 1_500), at(12, 11, 1_600), at(13, 10, 9_500)]);
  expect(await trees.below({ pid: 10, startedAtMs: 1_000, endedAtMs: 2_000 })).toEqual([11, 12]);
  expect(alive.size).toBe(3);
  expect(asked.filter((line) => line.startsWith('taskkill'))).toEqual([]);
});

test('an ended root whose pid is free again loses its children only', () => {
  expect(descendantsOf({ pid: 10, startedAtMs: 1_000, endedAtMs: 2_000 }, [at(11, 10, 1_990), at(12, 10, 2_500)])).toEqual([11]);
});

test('a program without windows cannot be asked and is ended; one with windows is only asked', async () => {
  const plain = systemWith([at(10, 1, 1_000)]);
  await plain.trees.stop(10);
  expect(plain.asked).toEqual(['taskkill.exe /PID 10 /T', 'taskkill.exe /PID 10 /T /F']);
  const windowed = systemWith([at(10, 1, 1_000)], true);
  await windowed.trees.stop(10);
  expect(windowed.asked).toEqual(['taskkill.exe /PID 10 /T']);
});

test('the table is read whatever stands around it', () => {
  expect(parseWindowsTable(`WARNING: x\r\n42 7 ${filetime(1_700_000_000_000)}\r\n\r\n`)).toEqual([at(42, 7, 1_700_000_000_000)]);
});

test('a process that has ended is never ended by its pid', async () => {
  const { tool, asked } = systemWith([]);
  const running = createNodeProcesses('win32', tool).start({ command: process.execPath, args: ['-e', ''], cwd: tmpdir(), env: {} });
  expect((await running.result).exitCode).toBe(0);
  running.stop();
  await running.killTree();
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatch(/^powershell\.exe /);
});

test('on Windows only what runs without a shell is found', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'slipway-find-'));
  for (const name of ['tool', 'tool.cmd', 'tool.exe', 'script', 'script.cmd']) writeFileSync(path.join(directory, name), '');
  const find = (command: string, env: Record<string, string>) => createNodeProcesses('win32').find(command, env);
  expect(await find(path.join(directory, 'tool'), {})).toBe(path.join(directory, 'tool.exe'));
  expect(await find(path.join(directory, 'tool.exe'), {})).toBe(path.join(directory, 'tool.exe'));
  expect(await find(path.join(directory, 'script'), { PATHEXT: '.CMD;.EXE' })).toBeUndefined();
  rmSync(directory, { recursive: true });
});

test('what Node refuses to start is an error like any other', async () => {
  const request = { command: process.execPath, args: ['\0'], cwd: tmpdir(), env: {} };
  await expect(createNodeProcesses().run(request)).rejects.toMatchObject({ code: 'process-not-started' });
});

test.each(['stop', 'killTree'] as const)('where taskkill may not run the program itself is ended all the same: %s', async (way) => {
  const processes = createNodeProcesses('win32', () => Promise.resolve({ exitCode: null, stdout: '' }));
  const running = processes.start({ command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], cwd: tmpdir(), env: {} });
  await running[way]();
  expect((await running.result).signal).toBe('SIGKILL');
});

import '../../allow-processes';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ProcessRequest, ProcessResult } from '../../../core/ports/processes';
import { createNodeFiles } from '../../../local/machine/files-node';
import { createNodeProcesses } from '../../../local/machine/processes-node';
import { createProcessIdentity, isSameProcess } from '../../../local/build/process-identity';
import { formatRunnerId, parseJobFolder, parseRunnerId, treeMarkerOf } from '../../../local/build/job-directory';

const environment = { PATH: process.env.PATH ?? '' };
const own = (nodePlatform: NodeJS.Platform) =>
  createProcessIdentity({ files: createNodeFiles(), processes: createNodeProcesses(), environment, nodePlatform, workingDirectory: '/' });

function told(nodePlatform: NodeJS.Platform, stdout: string, exitCode = 0, lives = true) {
  const asked: ProcessRequest[] = [];
  const run = (request: ProcessRequest): Promise<ProcessResult> => {
    asked.push(request);
    return Promise.resolve({ exitCode, signal: null, isTimedOut: false, stdout, stderr: '', durationMs: 1 });
  };
  const processes = { ...createNodeProcesses(), run };
  return {
    asked,
    identity: createProcessIdentity({
      files: createNodeFiles(),
      processes,
      environment,
      nodePlatform,
      workingDirectory: '/',
      isAlive: () => lives,
    }),
  };
}

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a process keeps its token, another one has another, and one that ended has none', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const pid = child.pid ?? -1;
  const token = await own('linux').startTokenOf(pid);
  expect(token).toMatch(/^[0-9a-f]{8}-\d+$/);
  expect(await own('linux').startTokenOf(pid)).toBe(token);
  expect(await own('linux').startTokenOf(process.pid)).not.toBe(token);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await own('linux').startTokenOf(pid)).toBeUndefined();
});

test('on macOS ps is asked, in a language and zone that do not change', async () => {
  const { identity, asked } = told('darwin', 'S    Sat Nov 21 04:01:02 2026\n');
  expect(await identity.startTokenOf(42)).toBe('Sat-Nov-21-040102-2026');
  expect(asked[0]).toMatchObject({ command: 'ps', args: ['-o', 'state=', '-o', 'lstart=', '-p', '42'], env: { LC_ALL: 'C', TZ: 'UTC' } });
  expect(await told('darwin', 'Z    Sat Nov 21 04:01:02 2026\n').identity.startTokenOf(42)).toBeUndefined();
  expect(await told('darwin', '', 1).identity.startTokenOf(42)).toBeUndefined();
});

describe('on Windows', () => {
  test('PowerShell is asked by its full path, once in a moment', async () => {
    const { identity, asked } = told('win32', '134083512345678901\r\n');
    expect(await identity.startTokenOf(42)).toBe('134083512345678901');
    expect(await identity.startTokenOf(42)).toBe('134083512345678901');
    expect(asked).toHaveLength(1);
    expect(asked[0]?.command).toBe('C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe');
    expect(asked[0]?.args.at(-1)).toContain('GetProcessById(42)');
  });

  test('a pid that nobody has is told without PowerShell', async () => {
    const { identity, asked } = told('win32', '134083512345678901\r\n', 0, false);
    expect(await identity.startTokenOf(42)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test('a living process of which nothing is told is not taken for dead', async () => {
    const now = await told('win32', 'Get-Process : Access is denied', 1).identity.startTokenOf(42);
    expect(isSameProcess('134083512345678901', now)).toBe(true);
    expect(isSameProcess('134083512345678901', undefined)).toBe(false);
    expect(isSameProcess('134083512345678901', '134083519999999999')).toBe(false);
    expect(isSameProcess('134083512345678901', '134083512345678901')).toBe(true);
  });
});

test("a runner's id tells place, machine and process", () => {
  const id = { buildId: '0123456789abcdef', platform: 'linux-x86_64', attempt: 3, pid: 42, token: 'a-1', hostName: 'my/host' } as const;
  expect(parseRunnerId(formatRunnerId(id))).toEqual(id);
  for (const wrong of [
    '',
    'arn:aws:codebuild:eu',
    '0123456789abcdef/nowhere-1/1/t/h',
    '../x/linux-x86_64-1/1/t/h',
    '0123456789abcdef/linux-x86_64-1/-1/t/h',
  ]) {
    expect(parseRunnerId(wrong)).toBeUndefined();
  }
  expect(parseJobFolder('macos-arm64-12')).toEqual({ platform: 'macos-arm64', attempt: 12 });
});

test('the marker of attempt 1 is no part of the marker of attempt 10', () => {
  const place = { buildId: '0123456789abcdef', platform: 'linux-x86_64' } as const;
  expect(treeMarkerOf({ ...place, attempt: 10 })).not.toContain(treeMarkerOf({ ...place, attempt: 1 }));
});

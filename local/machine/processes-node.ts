/**
 * The Processes port on node:child_process. The one module that starts processes:
 * an argument array, never a shell, and the environment that was given with one variable more (see `process-tree.ts`).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type {
  DetachedProcesses,
  DetachedRequest,
  Processes,
  ProcessRequest,
  ProcessResult,
  RunningProcess,
} from '../../core/ports/processes';
import { SlipwayError } from '../../core/slipway-error';
import {
  descendantsOf,
  markedProcesses,
  parsePsTable,
  readProcTable,
  residentBytes,
  treeOf,
  TREE_VARIABLE,
  type ProcessFacts,
} from './process-tree';
import { findOnPath } from './program-path';
import { createWindowsTrees, type SystemTool, type WindowsTrees } from './process-tree-windows';

const DEFAULT_KEEP_BYTES = 1024 * 1024;
const KILL_DEADLINE_MS = 10_000;
const SYSTEM_TOOL_TIMEOUT_MS = 30_000;

/**
 * @param nodePlatform `process.platform`; handed in so that the Windows ways can be tested anywhere
 * @param systemTool asks the system's own programs; for tests
 */
export function createNodeProcesses(
  nodePlatform: NodeJS.Platform = process.platform,
  systemTool: SystemTool = runSystemTool,
): Processes & DetachedProcesses {
  const trees = createWindowsTrees(systemTool, process.env.SystemRoot);
  const start = (request: ProcessRequest): RunningProcess => startProcess(request, nodePlatform, trees);
  return {
    start,
    run: (request) => start(request).result,
    find: (command, env) => findOnPath(command, env, nodePlatform),
    startDetached,
    killMarked: (marker, rootPid) => killMarked(marker, rootPid, nodePlatform, trees),
  };
}

function startProcess(request: ProcessRequest, nodePlatform: NodeJS.Platform, trees: WindowsTrees): RunningProcess {
  const startedAtMs = performance.now();
  const marker = randomUUID();
  const root = { startedAtMs: Date.now() };
  let child: ChildProcess;
  try {
    child = spawnChild(request, marker, nodePlatform);
  } catch (cause) {
    // Node throws here what no system call could mend: too many arguments, and on Windows a .cmd or a file that is no program.
    return neverStarted(notStarted(request.command, cause as Error));
  }
  const end: { atMs?: number } = {};
  child.once('exit', () => (end.atMs = Date.now()));
  const { pid } = child;
  const windowsRoot = (rootPid: number) => ({ ...root, pid: rootPid, ...(end.atMs === undefined ? {} : { endedAtMs: end.atMs }) });
  const killTree = async () => {
    if (pid === undefined) return;
    if (nodePlatform !== 'win32') await killAll(() => membersOf(child, marker, nodePlatform));
    else {
      await trees.kill(windowsRoot(pid));
      child.kill('SIGKILL'); // By its handle: also where taskkill may not run. Does nothing to one that has ended.
    }
  };
  return {
    pid: pid ?? -1,
    result: collect(child, request, startedAtMs, killTree, nodePlatform),
    stop() {
      if (nodePlatform !== 'win32') child.kill('SIGTERM');
      else if (pid !== undefined && end.atMs === undefined) void trees.stop(pid).then((isDone) => isDone || child.kill('SIGKILL'));
    },
    async survivors() {
      if (pid === undefined) return [];
      if (nodePlatform === 'win32') return trees.below(windowsRoot(pid));
      return membersOf(child, marker, nodePlatform).filter((member) => member !== pid);
    },
    killTree,
  };
}

function neverStarted(error: SlipwayError): RunningProcess {
  return {
    pid: -1,
    result: Promise.reject(error),
    stop: () => undefined,
    survivors: () => Promise.resolve([]),
    killTree: () => Promise.resolve(),
  };
}

function spawnChild(request: ProcessRequest, marker: string, nodePlatform: NodeJS.Platform): ChildProcess {
  return spawn(request.command, [...request.args], {
    cwd: request.cwd,
    env: { ...request.env, [TREE_VARIABLE]: `${process.env[TREE_VARIABLE] ?? ''}/${marker}` },
    stdio: [request.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    // A group of its own, so that the whole of it can be ended. On Windows it would open a console window.
    detached: nodePlatform !== 'win32',
    windowsHide: true,
    shell: false,
  });
}

async function collect(
  child: ChildProcess,
  request: ProcessRequest,
  startedAtMs: number,
  killTree: () => Promise<void>,
  nodePlatform: NodeJS.Platform,
): Promise<ProcessResult> {
  const output = { stdout: keepTail(request.keepBytes), stderr: keepTail(request.keepBytes) };
  let isTimedOut = false;
  const memory =
    request.measureMemory === true && nodePlatform === 'linux' && child.pid !== undefined ? sampleMemory(child.pid) : undefined;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      memory?.sample(); // Whoever hears the program speak may end it at once.
      output[name].push(chunk);
      request.onOutput?.(name, chunk);
    });
    child[name]?.on('error', () => undefined); // A destroyed pipe; the exit code tells what came of it.
  }
  if (request.closeStdout === true) child.stdout?.destroy();
  child.stdin?.on('error', () => undefined); // The child may end without reading.
  child.stdin?.end(request.stdin);
  const timer =
    request.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          isTimedOut = true;
          void killTree();
        }, request.timeoutMs);
  try {
    const { exitCode, signal, endedAtMs } = await ended(child, request);
    const peakMemoryBytes = memory?.stop();
    return {
      exitCode,
      signal,
      isTimedOut,
      stdout: output.stdout.text(),
      stderr: output.stderr.text(),
      durationMs: endedAtMs - startedAtMs,
      ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
    };
  } finally {
    memory?.stop();
    clearTimeout(timer);
  }
}

/**
 * The process has ended and its output is read. A grandchild that keeps the pipes open is not waited for longer than a moment:
 * otherwise a daemon that a build leaves behind would hang it.
 */
function ended(
  child: ChildProcess,
  request: ProcessRequest,
): Promise<{ exitCode: number | null; signal: string | null; endedAtMs: number }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(notStarted(request.command, cause));
    });
    child.once('exit', (exitCode, signal) => {
      const endedAtMs = performance.now();
      const finish = () => resolve({ exitCode, signal, endedAtMs });
      const patience = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        finish();
      }, 2_000);
      child.once('close', () => {
        clearTimeout(patience);
        finish();
      });
    });
  });
}

function notStarted(command: string, cause: Error): SlipwayError {
  return new SlipwayError('process-not-started', `cannot start '${command}': ${cause.message}`, {
    hint: 'check that the program is installed, on PATH and executable',
    details: { command, errno: 'code' in cause ? cause.code : '' },
    cause,
  });
}

/** Keeps the end of a stream within a bound, whatever its length. */
function keepTail(keepBytes = DEFAULT_KEEP_BYTES): { push(chunk: Buffer): void; text(): string } {
  let chunks: Buffer[] = [];
  let size = 0;
  const trim = () => {
    const tail = Buffer.concat(chunks).subarray(-keepBytes);
    chunks = [tail];
    size = tail.length;
  };
  return {
    push(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > keepBytes * 2) trim();
    },
    text() {
      trim();
      return (chunks[0] ?? Buffer.alloc(0)).toString('utf8');
    },
  };
}

/** Often at first, when a short program allocates; seldom later. */
function sampleMemory(pid: number): { sample(): void; stop(): number | undefined } {
  let peakBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const startedAtMs = performance.now();
  const sample = () => {
    const sizes = [pid, ...descendantsOf(pid)].map(residentBytes);
    peakBytes = Math.max(
      peakBytes,
      sizes.reduce((sum, size) => sum + size.now, 0),
      ...sizes.map((size) => size.peak),
    );
  };
  const repeat = () => {
    sample();
    timer = setTimeout(repeat, performance.now() - startedAtMs < 1_000 ? 4 : 50);
  };
  repeat();
  return {
    sample,
    stop() {
      clearTimeout(timer);
      return peakBytes === 0 ? undefined : peakBytes;
    },
  };
}

async function killAll(remaining: () => readonly number[]): Promise<void> {
  const deadlineMs = performance.now() + KILL_DEADLINE_MS;
  for (;;) {
    const members = remaining();
    if (members.length === 0) return;
    for (const member of members) signalQuietly(member, 'SIGKILL');
    if (performance.now() > deadlineMs) {
      throw new SlipwayError('process-not-ended', `processes ${members.join(', ')} did not end within ${KILL_DEADLINE_MS / 1000}s`, {
        hint: `look at them with ps -fp ${members.join(',')}`,
      });
    }
    await wait(10);
  }
}

/** Once the root has ended its pid may be another program's: then only the group's members and the marked ones count. */
function membersOf(child: ChildProcess, marker: string, nodePlatform: NodeJS.Platform): readonly number[] {
  const rootPid = child.pid ?? -1;
  const isRootGone = child.exitCode !== null || child.signalCode !== null;
  const table = processTable(nodePlatform);
  const tree = treeOf(rootPid, isRootGone ? table.filter((entry) => entry.pid !== rootPid) : table);
  return withMarked(tree, marker, table, nodePlatform);
}

function processTable(nodePlatform: NodeJS.Platform): readonly ProcessFacts[] {
  if (nodePlatform === 'linux') return readProcTable();
  return parsePsTable(spawnSync('ps', ['-axo', 'pid=,ppid=,pgid=,state='], { encoding: 'utf8' }).stdout ?? '');
}

function withMarked(
  tree: Iterable<number>,
  marker: string,
  table: readonly ProcessFacts[],
  nodePlatform: NodeJS.Platform,
): readonly number[] {
  const marked = nodePlatform === 'linux' ? markedProcesses(marker, table) : [];
  return [...new Set([...tree, ...marked])].filter((member) => member !== process.pid);
}

/** Its marker replaces the caller's: a detached process is no part of the caller's tree. */
async function startDetached(request: DetachedRequest): Promise<{ readonly pid: number }> {
  const output = openSync(request.outputPath, 'a');
  try {
    const child = spawn(request.command, [...request.args], {
      cwd: request.cwd,
      env: { ...request.env, [TREE_VARIABLE]: request.treeMarker },
      stdio: ['ignore', output, output],
      detached: true,
      windowsHide: true,
      shell: false,
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => reject(notStarted(request.command, cause)));
    });
    child.unref();
    return { pid: child.pid ?? -1 };
  } finally {
    closeSync(output);
  }
}

async function killMarked(marker: string, rootPid: number | undefined, nodePlatform: NodeJS.Platform, trees: WindowsTrees): Promise<void> {
  if (nodePlatform === 'win32') {
    if (rootPid !== undefined) await trees.kill({ pid: rootPid });
    return;
  }
  await killAll(() => {
    const table = processTable(nodePlatform);
    return withMarked(rootPid === undefined ? [] : treeOf(rootPid, table), marker, table, nodePlatform);
  });
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}

/** For the system's own programs. One that cannot be asked has answered nothing. */
const runSystemTool: SystemTool = (command, args) =>
  new Promise((resolve) => {
    const tool = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true, timeout: SYSTEM_TOOL_TIMEOUT_MS });
    const chunks: Buffer[] = [];
    tool.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    tool.once('error', () => resolve({ exitCode: null, stdout: '' }));
    tool.once('close', (exitCode) => resolve({ exitCode, stdout: Buffer.concat(chunks).toString('utf8') }));
  });

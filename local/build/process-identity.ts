/**
 * Owns the question whether a process that was started earlier is still that very one: a pid is given to others again,
 * together with the start time it is not.
 */
import type { Files } from '../../core/ports/files';
import { hasCode } from '../../core/build/stored-build';
import type { Processes } from '../../core/ports/processes';
import { POWERSHELL_ARGUMENTS, powershellPath } from '../machine/process-tree-windows';

export interface ProcessIdentity {
  /** What tells this process from every other that had or will have its pid; undefined when it has ended. */
  startTokenOf(pid: number): Promise<string | undefined>;
}

/** A process that lives, and of which the system would not say when it started. */
const UNKNOWN_TOKEN = 'unknown';

const ANSWER_HOLDS_MS = 3_000;

/**
 * Whether a process that is asked about now is the one of an earlier token.
 * Where the system would not say, a living process counts as the same: to take a running build for lost would end it.
 */
export function isSameProcess(earlier: string, now: string | undefined): boolean {
  return now !== undefined && (now === earlier || now === UNKNOWN_TOKEN || earlier === UNKNOWN_TOKEN);
}

export interface ProcessIdentityPorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly environment: Readonly<Record<string, string>>;
  readonly nodePlatform: NodeJS.Platform;
  readonly workingDirectory: string;
  /** Whether any process has the pid. Default: by signal 0. */
  readonly isAlive?: (pid: number) => boolean;
}

export function createProcessIdentity(ports: ProcessIdentityPorts): ProcessIdentity {
  if (ports.nodePlatform === 'win32') return { startTokenOf: createWindowsTokens(ports) };
  return { startTokenOf: (pid) => (ports.nodePlatform === 'linux' ? linuxToken(ports.files, pid) : psToken(ports, pid)) };
}

/** Field 22 of /proc/PID/stat: clock ticks since boot, see proc_pid_stat(5). The boot's id makes it unique over reboots. */
async function linuxToken(files: Files, pid: number): Promise<string | undefined> {
  try {
    const stat = await files.readText(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X' || fields[19] === undefined) return undefined;
    const boot = (await files.readText('/proc/sys/kernel/random/boot_id')).slice(0, 8);
    return `${boot}-${fields[19]}`;
  } catch {
    return undefined; // No such process, also when it ended between the reads.
  }
}

async function psToken({ processes, environment, workingDirectory }: ProcessIdentityPorts, pid: number): Promise<string | undefined> {
  const { exitCode, stdout } = await processes.run({
    command: 'ps',
    args: ['-o', 'state=', '-o', 'lstart=', '-p', String(pid)],
    cwd: workingDirectory,
    env: { ...environment, LC_ALL: 'C', TZ: 'UTC' },
    timeoutMs: 10_000,
  });
  const [state, ...started] = stdout.trim().split(/\s+/);
  if (exitCode !== 0 || state === undefined || state.startsWith('Z') || started.length === 0) return undefined;
  return started.join('-').replaceAll(':', '');
}

/**
 * PowerShell takes most of a second, so a pid that is free is told without it, and an answer holds for a moment: `--watch` asks often.
 * By .NET first: modules of another PowerShell on PSModulePath keep cmdlets from loading. Where policy forbids .NET the cmdlet answers.
 */
function createWindowsTokens(ports: ProcessIdentityPorts): ProcessIdentity['startTokenOf'] {
  const answers = new Map<number, { readonly token: string; readonly atMs: number }>();
  const isAlive = ports.isAlive ?? answersSignal;
  return async (pid) => {
    if (!isAlive(pid)) {
      answers.delete(pid);
      return undefined;
    }
    const known = answers.get(pid);
    if (known !== undefined && performance.now() - known.atMs < ANSWER_HOLDS_MS) return known.token;
    const token = (await askPowershell(ports, pid)) ?? UNKNOWN_TOKEN;
    answers.set(pid, { token, atMs: performance.now() });
    return token;
  };
}

async function askPowershell({ processes, environment, workingDirectory }: ProcessIdentityPorts, pid: number): Promise<string | undefined> {
  const systemRoot = Object.entries(environment).find(([name]) => name.toUpperCase() === 'SYSTEMROOT')?.[1];
  const script = [
    `try { [Diagnostics.Process]::GetProcessById(${pid}).StartTime.ToFileTimeUtc() }`,
    `catch { (Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc() }`,
  ].join(' ');
  try {
    const { exitCode, stdout } = await processes.run({
      command: powershellPath(systemRoot),
      args: [...POWERSHELL_ARGUMENTS, script],
      cwd: workingDirectory,
      env: environment,
      timeoutMs: 30_000,
    });
    return exitCode === 0 ? /^\d+$/m.exec(stdout.replaceAll('\r', ''))?.[0] : undefined;
  } catch (thrown) {
    if (hasCode(thrown, 'process-not-started')) return undefined;
    throw thrown;
  }
}

/** Signal 0 asks without signalling. Another user's process is alive too. */
export function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

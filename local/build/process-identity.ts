/**
 * Owns the question whether a process that was started earlier is still that very one: a pid is given to others again,
 * together with the start time it is not.
 */
import type { Files } from '../../core/ports/files';
import type { Processes } from '../../core/ports/processes';

export interface ProcessIdentity {
  /** What tells this process from every other that had or will have its pid; undefined when it has ended. */
  startTokenOf(pid: number): Promise<string | undefined>;
}

export interface ProcessIdentityPorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly environment: Readonly<Record<string, string>>;
  readonly nodePlatform: NodeJS.Platform;
  readonly workingDirectory: string;
}

export function createProcessIdentity(ports: ProcessIdentityPorts): ProcessIdentity {
  return {
    startTokenOf(pid) {
      if (ports.nodePlatform === 'linux') return linuxToken(ports.files, pid);
      return ports.nodePlatform === 'win32' ? windowsToken(ports, pid) : psToken(ports, pid);
    },
  };
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

async function windowsToken({ processes, environment, workingDirectory }: ProcessIdentityPorts, pid: number): Promise<string | undefined> {
  const { exitCode, stdout } = await processes.run({
    command: 'powershell.exe',
    args: ['-NoProfile', '-NonInteractive', '-Command', `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`],
    cwd: workingDirectory,
    env: environment,
    timeoutMs: 30_000,
  });
  const token = stdout.trim();
  return exitCode === 0 && /^\d+$/.test(token) ? token : undefined;
}

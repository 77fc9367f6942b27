/**
 * Owns ending process trees on Windows: taskkill while the root lives; once it has ended, what it left behind is found by parent and
 * start time, because taskkill then knows no tree and a pid is soon another program's. It asks by the tool that it is handed.
 */
import path from 'node:path/win32';

/** Runs one of the system's programs. `exitCode` is null where it could not be asked. */
export type SystemTool = (
  command: string,
  args: readonly string[],
) => Promise<{ readonly exitCode: number | null; readonly stdout: string }>;

export interface WindowsProcess {
  readonly pid: number;
  /** Windows never changes it: it may name a process that has ended, or another one that got its pid. */
  readonly parentPid: number;
  /** Since 1970. */
  readonly startedAtMs: number;
}

export interface TreeRoot {
  readonly pid: number;
  /** Undefined for one that was started elsewhere and lives. */
  readonly startedAtMs?: number;
  /** Undefined while it lives. */
  readonly endedAtMs?: number;
}

export interface WindowsTrees {
  /** Closes the windows of the tree; a program without any cannot be asked and is ended. @returns whether taskkill could do either */
  stop(pid: number): Promise<boolean>;
  /** What runs below the root, without the root. */
  below(root: TreeRoot): Promise<readonly number[]>;
  /** Ends the root and what it started. What a grandchild left behind, whose parent is gone too, cannot be found. */
  kill(root: TreeRoot): Promise<void>;
}

/** The clock that this process reads and the one that stamps processes differ by a timer tick. */
const CLOCK_SLACK_MS = 50;
/** What is started while the table is read is found in the next round. */
const MOST_ROUNDS = 5;
const FILETIME_OF_1970_MS = 11_644_473_600_000;

/** By .NET alone: modules of another PowerShell on PSModulePath keep cmdlets from loading. */
const TABLE_SCRIPT = [
  "foreach ($p in ([wmisearcher]'SELECT ProcessId,ParentProcessId,CreationDate FROM Win32_Process').Get()) {",
  "if ($p.CreationDate) { '{0} {1} {2}' -f $p.ProcessId, $p.ParentProcessId,",
  '[Management.ManagementDateTimeConverter]::ToDateTime($p.CreationDate).ToFileTimeUtc() } }',
].join(' ');

/** The arguments before a script of PowerShell. */
export const POWERSHELL_ARGUMENTS: readonly string[] = ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command'];

/** Where Windows keeps its PowerShell, whatever PATH says. @param systemRoot `%SystemRoot%` */
export function powershellPath(systemRoot = 'C:\\Windows'): string {
  return path.join(systemRoot, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe');
}

/** @param systemRoot `%SystemRoot%` */
export function createWindowsTrees(tool: SystemTool, systemRoot = 'C:\\Windows'): WindowsTrees {
  const taskkill = path.join(systemRoot, 'System32', 'taskkill.exe');
  const end = (pid: number) => tool(taskkill, ['/PID', String(pid), '/T', '/F']);
  const below: WindowsTrees['below'] = async (root) => {
    const { stdout } = await tool(powershellPath(systemRoot), [...POWERSHELL_ARGUMENTS, TABLE_SCRIPT]);
    return descendantsOf(root, parseWindowsTable(stdout));
  };
  return {
    below,
    async stop(pid) {
      const { exitCode } = await tool(taskkill, ['/PID', String(pid), '/T']);
      return exitCode === 0 || (await end(pid)).exitCode === 0;
    },
    async kill(root) {
      if (root.endedAtMs === undefined) {
        await end(root.pid);
        return;
      }
      for (let round = 0; round < MOST_ROUNDS; round++) {
        const left = await below(root);
        if (left.length === 0) return;
        for (const pid of left) await end(pid);
      }
    },
  };
}

/** Lines of pid, parent's pid and start as a FILETIME. */
export function parseWindowsTable(output: string): readonly WindowsProcess[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const [, pid, parentPid, started] = /^(\d+) (\d+) (\d+)$/.exec(line.trim()) ?? [];
    return started === undefined
      ? []
      : [{ pid: Number(pid), parentPid: Number(parentPid), startedAtMs: Number(started) / 10_000 - FILETIME_OF_1970_MS }];
  });
}

/** What a root has started, or left behind, without the root: a child began while its parent lived. */
export function descendantsOf(root: TreeRoot, table: readonly WindowsProcess[]): readonly number[] {
  const { startedAtMs = 0, endedAtMs = Infinity } = root;
  const heir = table.find(({ pid, startedAtMs: at }) => pid === root.pid && at > startedAtMs + CLOCK_SLACK_MS);
  const lastMs = Math.min(endedAtMs + CLOCK_SLACK_MS, heir?.startedAtMs ?? Infinity);
  const isOwnChild = ({ pid, parentPid, startedAtMs: at }: WindowsProcess) =>
    parentPid === root.pid && pid !== root.pid && at >= startedAtMs - CLOCK_SLACK_MS && at < lastMs;
  const members = new Map(table.filter(isOwnChild).map((entry) => [entry.pid, entry]));
  for (let grown = -1; grown !== members.size;) {
    grown = members.size;
    for (const entry of table) {
      const parent = members.get(entry.parentPid);
      if (parent !== undefined && entry.pid !== root.pid && entry.startedAtMs >= parent.startedAtMs) members.set(entry.pid, entry);
    }
  }
  return [...members.keys()];
}

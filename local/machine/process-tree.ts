/**
 * Owns the question which processes belong to a tree, and how much memory they hold.
 * Linux answers from /proc, macOS from ps; Windows' trees are in `process-tree-windows.ts` and are not measured.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Every child carries this variable, so that what left its parent and its group is found again. */
export const TREE_VARIABLE = 'SLIPWAY_TREE';

export interface ProcessFacts {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
}

const PAGE_BYTES = 4096;

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // It ended meanwhile, or is another user's.
  }
}

/** Zombies are left out: they hold nothing and cannot be ended. */
function parseStat(pid: number, stat: string): ProcessFacts | undefined {
  const [state, parentPid, groupId] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || state === 'Z' || state === 'X' || state === '') return undefined;
  return { pid, parentPid: Number(parentPid), groupId: Number(groupId) };
}

/** All processes that this user can see. Linux only. */
export function readProcTable(): readonly ProcessFacts[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => parseStat(Number(name), readProc(Number(name), 'stat')) ?? []);
}

/** The output of `ps -axo pid=,ppid=,pgid=,state=`; zombies are left out here too. */
export function parsePsTable(output: string): readonly ProcessFacts[] {
  return output
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state?.startsWith('Z') !== true)
    .map((words) => words.slice(0, 3).map(Number))
    .flatMap(([pid, parentPid, groupId]) =>
      pid === undefined || parentPid === undefined || groupId === undefined || !(pid > 0) ? [] : [{ pid, parentPid, groupId }],
    );
}

/** The root, its descendants, and everything in its process group. */
export function treeOf(rootPid: number, table: readonly ProcessFacts[]): ReadonlySet<number> {
  const members = new Set<number>(table.filter((entry) => entry.pid === rootPid || entry.groupId === rootPid).map((entry) => entry.pid));
  for (let grown = -1; grown !== members.size;) {
    grown = members.size;
    for (const entry of table) if (members.has(entry.parentPid)) members.add(entry.pid);
  }
  return members;
}

/** Processes whose environment carries `marker`. Linux only; it reads every process once. */
export function markedProcesses(marker: string, table: readonly ProcessFacts[]): readonly number[] {
  return table.filter((entry) => readProc(entry.pid, 'environ').includes(marker)).map((entry) => entry.pid);
}

/** Resident memory of a process in bytes, and the most that it ever had. Zero when it is gone. Linux only. */
export function residentBytes(pid: number): { readonly now: number; readonly peak: number } {
  const pages = Number(readProc(pid, 'statm').split(' ')[1] ?? 0);
  const peakKib = /VmHWM:\s+(\d+) kB/.exec(readProc(pid, 'status'))?.[1];
  return { now: pages * PAGE_BYTES, peak: peakKib === undefined ? 0 : Number(peakKib) * 1024 };
}

/** Direct and indirect children by /proc/PID/task/PID/children: cheaper than the whole table. Linux only. */
export function descendantsOf(pid: number): readonly number[] {
  const children = readProc(pid, `task/${pid}/children`)
    .trim()
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/**
 * Owns the check that a binary runs from a folder that it cannot write to, and writes nothing there.
 * Modes do not bind root: then the program runs as an unprivileged user where setpriv allows it,
 * and otherwise only what it left in the folder is judged. The result says which.
 */
import path from 'node:path';
import { PLATFORMS } from '../../core/platform';
import { isSlipwayError } from '../../core/slipway-error';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { type FolderEntry, walkFolder } from '../inspect/walk-folder';
import type { Finding } from './finding';
import type { Place, Probe } from './probe';
import { inFreshRoom } from './room';

/** `nobody` by number, as on every Linux: it owns nothing. */
const UNPRIVILEGED = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];

/** @param copy a copy of the binary's folder that may be changed */
export async function checkReadOnlyFolder(context: BuilderContext, probe: Probe, copy: BuiltBinary): Promise<Finding> {
  if (PLATFORMS[context.platform].os === 'windows') {
    return attemptIn(context, probe, copy, { executable: copy.executable }, 'judged by what it left: modes do not bind on Windows');
  }
  await allowWriting(context, copy.directory, false);
  try {
    if (!(await canWriteInto(context, copy.directory))) return await attemptIn(context, probe, copy, { executable: copy.executable });
    return await asUnprivileged(context, probe, copy);
  } finally {
    await allowWriting(context, copy.directory, true);
  }
}

/** Folders inside the user's home may be closed to others: the copy is made where everyone may go. */
async function asUnprivileged(context: BuilderContext, probe: Probe, copy: BuiltBinary): Promise<Finding> {
  const setpriv = await context.processes.find('setpriv', context.environment);
  const tester = await context.processes.find('test', context.environment);
  if (setpriv !== undefined && tester !== undefined) {
    const finding = await inFreshRoom(context.files, async ({ root }) => {
      await context.files.setMode(root, 0o755);
      const directory = path.join(root, 'program');
      await context.files.copy(copy.directory, directory);
      const moved = { ...copy, directory, executable: path.join(directory, path.relative(copy.directory, copy.executable)) };
      const starter = [setpriv, ...UNPRIVILEGED];
      if (!(await canRun(context, [...starter, tester, '-x', moved.executable]))) return undefined;
      return attemptIn(context, probe, moved, { executable: moved.executable, starter, isForAnyone: true }, 'run as an unprivileged user');
    });
    if (finding !== undefined) return finding;
  }
  return attemptIn(context, probe, copy, { executable: copy.executable }, 'judged by what it left: modes do not bind root');
}

async function canRun(context: BuilderContext, [command = '', ...args]: readonly string[]): Promise<boolean> {
  const result = await context.processes.run({ command, args, cwd: '/', env: {}, timeoutMs: 10_000 });
  return result.exitCode === 0;
}

async function attemptIn(context: BuilderContext, probe: Probe, binary: BuiltBinary, place: Place, note?: string): Promise<Finding> {
  const before = await walkFolder(context.files, binary.directory);
  const { fault } = await probe.attempt(place);
  const changed = changesBetween(before, await walkFolder(context.files, binary.directory));
  const faults = [fault, changed.length === 0 ? undefined : `it changed its own folder: ${changed.slice(0, 5).join(', ')}`];
  const told = faults.filter((each) => each !== undefined).join('; ');
  return { ...(told === '' ? {} : { fault: told }), ...(note === undefined ? {} : { note }) };
}

function changesBetween(before: readonly FolderEntry[], after: readonly FolderEntry[]): readonly string[] {
  const mark = ({ stat }: FolderEntry) =>
    `${stat.kind} ${stat.mode} ${stat.kind === 'directory' ? '' : `${stat.sizeBytes} ${stat.modifiedAtMs}`}`;
  const marks = new Map(before.map((entry) => [entry.file, mark(entry)]));
  const changed = after.filter((entry) => marks.get(entry.file) !== mark(entry)).map(({ file }) => file);
  const kept = new Set(after.map(({ file }) => file));
  return [...changed, ...before.filter(({ file }) => !kept.has(file)).map(({ file }) => file)];
}

/** Folders and files, not what links lead to. A folder gets its right back before what is in it, and loses it after. */
async function allowWriting({ files }: BuilderContext, directory: string, isAllowed: boolean): Promise<void> {
  const root = await files.stat(directory);
  const entries = [...(root === undefined ? [] : [{ path: directory, stat: root }]), ...(await walkFolder(files, directory))];
  const targets = entries.filter(({ stat }) => stat.kind === 'file' || stat.kind === 'directory');
  for (const { path: target, stat } of isAllowed ? targets : targets.reverse()) {
    await files.setMode(target, isAllowed ? stat.mode | 0o200 : stat.mode & ~0o222);
  }
}

async function canWriteInto({ files }: BuilderContext, directory: string): Promise<boolean> {
  const attempt = path.join(directory, '.write-attempt');
  try {
    await files.create(attempt, '');
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'permission-denied') return false;
    throw thrown;
  }
  await files.remove(attempt);
  return true;
}

/**
 * Owns making a program cold: as if nothing of its folder had been read since the machine started.
 *
 * Where it can, it asks the system to drop the pages of each file (posix_fadvise DONTNEED, by GNU dd, without privileges);
 * libraries of the system stay as warm as they are on a machine in use. Elsewhere each launch is the first one of a fresh copy:
 * what is new to the system's own scanners, but not to its page cache.
 */
import path from 'node:path';
import { PLATFORMS } from '../../core/platform';
import type { BuilderContext, BuiltBinary } from '../builder-context';

export interface ColdPages {
  /** How, for a person. */
  readonly method: string;
  /** Makes the program cold. @returns the executable to launch */
  chill(): Promise<string>;
  /** Removes what was made. */
  end(): Promise<void>;
}

/** Above this share of an executable still in memory, dropping did not work. */
const MOST_RESIDENT_SHARE = 0.1;

export async function createColdPages(context: BuilderContext, binary: BuiltBinary): Promise<ColdPages> {
  return (await droppingPages(context, binary)) ?? freshCopies(context, binary);
}

async function droppingPages(context: BuilderContext, binary: BuiltBinary): Promise<ColdPages | undefined> {
  if (PLATFORMS[context.platform].os !== 'linux') return undefined;
  const find = await context.processes.find('find', context.environment);
  const dd = await context.processes.find('dd', context.environment);
  if (find === undefined || dd === undefined) return undefined;
  const runOnFiles = async (...command: readonly string[]) => {
    const args = [binary.directory, '-type', 'f', '-exec', ...command, ';'];
    const result = await context.processes.run({ command: find, args, cwd: binary.directory, env: { LC_ALL: 'C' } });
    return result.exitCode === 0 && result.stderr === '';
  };
  // A page that is not on disk yet cannot be dropped: the first round writes them out.
  const isWritten = await runOnFiles(dd, 'of={}', 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none');
  const drop = () => runOnFiles(dd, 'if={}', 'iflag=nocache', 'count=0', 'status=none');
  if (!isWritten || !(await drop()) || !(await isGone(context, await context.files.realPath(binary.executable)))) return undefined;
  return {
    method: "the folder's pages dropped from memory before each launch",
    chill: async () => {
      await drop();
      return binary.executable;
    },
    end: () => Promise.resolve(),
  };
}

/** Asks fincore, where util-linux brings it; without it dd's word is taken. */
async function isGone(context: BuilderContext, executable: string): Promise<boolean> {
  const fincore = await context.processes.find('fincore', context.environment);
  const stat = await context.files.stat(executable);
  if (fincore === undefined || stat === undefined) return true;
  const args = ['--bytes', '--noheadings', '--output', 'RES', executable];
  const result = await context.processes.run({ command: fincore, args, cwd: path.dirname(executable), env: { LC_ALL: 'C' } });
  const residentBytes = Number(result.stdout.trim());
  return result.exitCode !== 0 || !(residentBytes > stat.sizeBytes * MOST_RESIDENT_SHARE);
}

async function freshCopies(context: BuilderContext, binary: BuiltBinary): Promise<ColdPages> {
  const { files } = context;
  const root = path.join(context.jobDirectory, 'work', `cold-${binary.name}`);
  let count = 0;
  await files.remove(root);
  await files.makeDirectory(root);
  return {
    method: 'each launch the first one of a fresh copy',
    chill: async () => {
      count += 1;
      const copy = path.join(root, String(count));
      await files.copy(binary.directory, copy);
      return path.join(copy, path.relative(binary.directory, binary.executable));
    },
    end: () => files.remove(root),
  };
}

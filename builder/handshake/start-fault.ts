/** Owns the question why a program could not be started at all: of that the system says little more than that it did not start. */
import path from 'node:path';
import { PLATFORMS, type PlatformId } from '../../core/platform';
import type { LaunchFault } from '../../core/job/launch-fault';
import type { Files } from '../../core/ports/files';
import { formatOf, machinesOf, readExecutable } from '../inspect/executable-file';

/** Format and machine stand in the headers; those of a universal Mach-O file lie at its slices, behind it. */
const HEADER_BYTES = 64 * 1024;

export interface StartFault {
  readonly fault: LaunchFault;
  readonly evidence: string;
}

/**
 * @param executable absolute
 * @param said what the system said when it was started
 */
export async function explainStartFault(files: Files, platform: PlatformId, executable: string, said: string): Promise<StartFault> {
  const stat = await files.stat(executable);
  if (stat === undefined) return { fault: 'binary-missing', evidence: `there is no '${executable}'` };
  const notExecutable = (why: string): StartFault => ({ fault: 'not-executable', evidence: `'${executable}' ${why}: ${said}` });
  if (stat.kind === 'directory') return notExecutable('is a folder');
  const foreign = await foreignProgram(files, platform, executable);
  if (foreign !== undefined) return foreign;
  if (PLATFORMS[platform].os !== 'windows' && (stat.mode & 0o111) === 0) return notExecutable('has a mode without x');
  const firstLine = Buffer.from(await files.readRange(executable, 0, 256)).toString('latin1');
  const [, interpreter] = /^#!\s*(\S+)/.exec(firstLine) ?? [];
  if (interpreter !== undefined && (await files.stat(interpreter)) === undefined) {
    return notExecutable(`needs the interpreter '${interpreter}', which is not there`);
  }
  return notExecutable('does not start');
}

/** @returns undefined for a program of this platform, and for what is no program of any system: a script, say */
export async function foreignProgram(files: Files, platform: PlatformId, executable: string): Promise<StartFault | undefined> {
  if (!path.isAbsolute(executable)) return undefined;
  const program = readExecutable(path.basename(executable), await files.readRange(executable, 0, HEADER_BYTES));
  if (program === undefined) return undefined;
  const { os, arch } = PLATFORMS[platform];
  const [format, machines] = [formatOf(program), machinesOf(program)];
  if (format === os && machines.includes(arch)) return undefined;
  const evidence = `'${executable}' is a program for ${format ?? 'no known system'} on ${machines.join(' and ') || 'no known machine'}, this is ${os} on ${arch}`;
  return { fault: 'wrong-architecture', evidence };
}

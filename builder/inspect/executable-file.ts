/** Owns telling a program or a library of any system by its bytes: which format it has, and for which machines it is. */
import { type ElfFacts, readElf } from '../../core/inspection/elf';
import { type MachOFacts, readMachO } from '../../core/inspection/mach-o';
import { type PeFacts, readPe } from '../../core/inspection/pe';
import type { OperatingSystem } from '../../core/platform';

/** One file of a folder that is an executable or a library of some system. */
export interface ExecutableFile {
  /** Inside the folder, forward slashes. */
  readonly file: string;
  readonly elf?: ElfFacts;
  readonly machO?: MachOFacts;
  readonly pe?: PeFacts;
}

/** @returns undefined for what no system takes for a program; the first bytes are enough for format and machine */
export function readExecutable(file: string, bytes: Uint8Array): ExecutableFile | undefined {
  const elf = readElf(bytes);
  if (elf !== undefined) return { file, elf };
  const pe = readPe(bytes);
  if (pe !== undefined) return { file, pe };
  const machO = readMachO(bytes);
  return machO === undefined ? undefined : { file, machO };
}

export function formatOf({ elf, machO, pe }: ExecutableFile): OperatingSystem | undefined {
  if (elf !== undefined) return 'linux';
  if (machO !== undefined) return 'macos';
  return pe === undefined ? undefined : 'windows';
}

export function machinesOf({ elf, machO, pe }: ExecutableFile): readonly string[] {
  if (elf !== undefined) return [elf.machine];
  if (machO !== undefined) return machO.slices.map(({ machine }) => machine);
  return pe === undefined ? [] : [pe.machine];
}

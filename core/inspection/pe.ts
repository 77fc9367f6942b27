/**
 * Owns the reading of Windows executables (PE): for which machine, and which DLLs they import.
 * Format: Microsoft, "PE Format" (COFF header, optional header, import and delay-load directories).
 */
import { type ByteReader, createByteReader, withinBounds } from './byte-reader';

export interface PeFacts {
  /** `x86_64`, `x86`, `arm64`, `arm`, or `machine-<number>`. */
  readonly machine: string;
  readonly isDll: boolean;
  /** Whether it opens a console window: subsystem 3. */
  readonly isConsole: boolean;
  /** Names of DLLs as spelled in the file, delay-loaded ones last. */
  readonly imports: readonly string[];
  /** The certificate table, which holds an Authenticode signature; absent where there is none. Whether it holds is not judged. */
  readonly signatureBytes?: number;
  /** Some of it points outside the file: the list may be incomplete. */
  readonly isDamaged: boolean;
}

const MACHINES: Readonly<Record<number, string>> = { 0x14c: 'x86', 0x1c4: 'arm', 0x8664: 'x86_64', 0xaa64: 'arm64' };
const CHARACTERISTIC_DLL = 0x2000;
const SUBSYSTEM_CONSOLE = 3;
const OPTIONAL_HEADER_64 = 0x20b;
const DIRECTORY = { imports: 1, certificates: 4, delayImports: 13 } as const;
const MOST_IMPORTS = 4096;

interface Section {
  readonly address: number;
  readonly fileOffset: number;
  readonly fileBytes: number;
}

/** @returns undefined for what is no PE file; a damaged one gives what could be read */
export function readPe(bytes: Uint8Array): PeFacts | undefined {
  if (bytes.length < 64 || bytes[0] !== 0x4d || bytes[1] !== 0x5a) return undefined;
  const reader = createByteReader(bytes, true);
  const coff = reader.u32(60) + 4;
  const header = withinBounds(() => {
    if (reader.u32(coff - 4) !== 0x4550) return undefined;
    return {
      machine: reader.u16(coff),
      sectionCount: reader.u16(coff + 2),
      optionalBytes: reader.u16(coff + 16),
      flags: reader.u16(coff + 18),
    };
  });
  if (header === undefined) return undefined;
  const optional = coff + 20;
  const sections = withinBounds(() => readSections(reader, optional + header.optionalBytes, header.sectionCount));
  const imports = withinBounds(() => readDirectory(reader, optional, sections ?? [], DIRECTORY.imports));
  const delayed = withinBounds(() => readDirectory(reader, optional, sections ?? [], DIRECTORY.delayImports));
  const signatureBytes = withinBounds(() => certificateBytes(reader, optional, bytes.length)) ?? 0;
  return {
    machine: MACHINES[header.machine] ?? `machine-${header.machine}`,
    isDll: (header.flags & CHARACTERISTIC_DLL) !== 0,
    isConsole: withinBounds(() => reader.u16(optional + 68)) === SUBSYSTEM_CONSOLE,
    imports: [...new Set([...(imports ?? []), ...(delayed ?? [])])],
    ...(signatureBytes === 0 ? {} : { signatureBytes }),
    isDamaged: sections === undefined || imports === undefined || delayed === undefined,
  };
}

function readSections(reader: ByteReader, start: number, count: number): readonly Section[] {
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * 40;
    return { address: reader.u32(at + 12), fileBytes: reader.u32(at + 16), fileOffset: reader.u32(at + 20) };
  });
}

/** Records of 20 bytes with the name's address at 12 (imports), or of 32 with it at 4 (delayed); a record of zeros ends them. */
function readDirectory(reader: ByteReader, optional: number, sections: readonly Section[], directory: number): readonly string[] {
  const is64 = reader.u16(optional) === OPTIONAL_HEADER_64;
  const table = optional + (is64 ? 112 : 96);
  if (reader.u32(table - 4) <= directory) return [];
  const address = reader.u32(table + directory * 8);
  if (address === 0) return [];
  const [recordBytes, nameAt] = directory === DIRECTORY.imports ? [20, 12] : [32, 4];
  const names: string[] = [];
  for (let at = fileOffset(sections, address); names.length < MOST_IMPORTS; at += recordBytes) {
    const name = reader.u32(at + nameAt);
    if (name === 0) return names;
    names.push(reader.text(fileOffset(sections, name), 512));
  }
  return names;
}

/** The one directory whose place is counted in the file, not in memory; a table that is cut off counts as none. */
function certificateBytes(reader: ByteReader, optional: number, fileBytes: number): number {
  const table = optional + (reader.u16(optional) === OPTIONAL_HEADER_64 ? 112 : 96);
  if (reader.u32(table - 4) <= DIRECTORY.certificates) return 0;
  const at = table + DIRECTORY.certificates * 8;
  const [offset, size] = [reader.u32(at), reader.u32(at + 4)];
  return offset > 0 && offset + size <= fileBytes ? size : 0;
}

/** An address outside every section becomes one outside the file, which the reader refuses. */
function fileOffset(sections: readonly Section[], address: number): number {
  const holder = sections.find((section) => address >= section.address && address < section.address + section.fileBytes);
  return holder === undefined ? -1 : holder.fileOffset + (address - holder.address);
}

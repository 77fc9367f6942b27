/**
 * Owns the reading of Mach-O files, thin and universal: for which machines, from which macOS on, with which libraries.
 * Formats: <mach-o/loader.h> and <mach-o/fat.h> of Apple's cctools.
 */
import { type ByteReader, createByteReader, withinBounds } from './byte-reader';

/** One architecture's part of a file; a thin file is one slice. */
export interface MachOSlice {
  /** `x86_64`, `arm64`, or `cpu-<number>`. */
  readonly machine: string;
  readonly isExecutable: boolean;
  /** The oldest macOS that it runs on, such as `11.0`; absent where it does not say or is for another system. */
  readonly minimumMacos?: string;
  /** The library's own install name. */
  readonly id?: string;
  /** As named in the file: absolute, or with `@rpath`, `@loader_path`, `@executable_path`. */
  readonly libraries: readonly string[];
  readonly rpaths: readonly string[];
  /** What LC_CODE_SIGNATURE names; absent where there is none. Whether it holds is not judged. */
  readonly signatureBytes?: number;
}

export interface MachOFacts {
  readonly slices: readonly MachOSlice[];
  /** Some of it points outside the file: the lists may be incomplete. */
  readonly isDamaged: boolean;
}

const MAGIC = { thin32: 0xfeedface, thin64: 0xfeedfacf, fat32: 0xcafebabe, fat64: 0xcafebabf } as const;
const MACHINES: Readonly<Record<number, string>> = { 7: 'x86', 12: 'arm', 0x01000007: 'x86_64', 0x0100000c: 'arm64' };
const TYPE_EXECUTE = 2;
const PLATFORM_MACOS = 1;
const COMMAND = { id: 0xd, rpath: 0x8000001c, codeSignature: 0x1d, minimumMacos: 0x24, buildVersion: 0x32 } as const;
/** Load, weak load, re-export, lazy load, upward load. */
const LIBRARY_COMMANDS: ReadonlySet<number> = new Set([0xc, 0x80000018, 0x8000001f, 0x20, 0x80000023]);
/** A Java class file begins like a universal binary; its version number, read as a count, is at least 45. */
const MOST_SLICES = 32;
const MOST_COMMANDS = 65_536;

/** @returns undefined for what is no Mach-O file; a damaged one gives what could be read */
export function readMachO(bytes: Uint8Array): MachOFacts | undefined {
  if (bytes.length < 28) return undefined;
  const bigEndian = createByteReader(bytes, false);
  const magic = bigEndian.u32(0);
  if (magic === MAGIC.fat32 || magic === MAGIC.fat64) return readFat(bytes, bigEndian, magic === MAGIC.fat64);
  return readThin(bytes);
}

function readFat(bytes: Uint8Array, reader: ByteReader, is64: boolean): MachOFacts | undefined {
  const count = reader.u32(4);
  if (count === 0 || count >= MOST_SLICES) return undefined;
  const entryBytes = is64 ? 32 : 20;
  const parts = Array.from({ length: count }, (_, index) =>
    withinBounds(() => {
      const at = 8 + index * entryBytes;
      const [offset, size] = is64 ? [reader.u64(at + 8), reader.u64(at + 16)] : [reader.u32(at + 8), reader.u32(at + 12)];
      return readThin(bytes.subarray(offset, offset + size));
    }),
  );
  return {
    slices: parts.flatMap((part) => part?.slices ?? []),
    isDamaged: parts.some((part) => part === undefined || part.isDamaged),
  };
}

function readThin(bytes: Uint8Array): MachOFacts | undefined {
  if (bytes.length < 28) return undefined;
  for (const isLittleEndian of [true, false]) {
    const reader = createByteReader(bytes, isLittleEndian);
    const magic = reader.u32(0);
    if (magic === MAGIC.thin32 || magic === MAGIC.thin64) return readSlice(reader, magic === MAGIC.thin64);
  }
  return undefined;
}

function readSlice(reader: ByteReader, is64: boolean): MachOFacts {
  const machine = reader.u32(4);
  const slice = {
    machine: MACHINES[machine] ?? `cpu-${machine}`,
    isExecutable: reader.u32(12) === TYPE_EXECUTE,
    libraries: [] as string[],
    rpaths: [] as string[],
  };
  const found: { minimumMacos?: string; id?: string; signatureBytes?: number } = {};
  const isWhole = withinBounds(() => {
    let at = is64 ? 32 : 28;
    for (let left = Math.min(reader.u32(16), MOST_COMMANDS); left > 0; left--) {
      const [command, size] = [reader.u32(at), reader.u32(at + 4)];
      if (size < 8) return false;
      const name = () => reader.text(at + reader.u32(at + 8), size);
      if (LIBRARY_COMMANDS.has(command)) slice.libraries.push(name());
      else if (command === COMMAND.id) found.id = name();
      else if (command === COMMAND.rpath) slice.rpaths.push(name());
      else if (command === COMMAND.codeSignature) found.signatureBytes = reader.u32(at + 12);
      else if (command === COMMAND.minimumMacos) found.minimumMacos = macosVersion(reader.u32(at + 8));
      else if (command === COMMAND.buildVersion && reader.u32(at + 8) === PLATFORM_MACOS) {
        found.minimumMacos = macosVersion(reader.u32(at + 12));
      }
      at += size;
    }
    return true;
  });
  return { slices: [{ ...slice, ...found }], isDamaged: isWhole !== true };
}

/** `xxxx.yy.zz` in nibbles; the last part is left out when it is zero. */
function macosVersion(packed: number): string {
  const [major, minor, patch] = [packed >>> 16, (packed >>> 8) & 0xff, packed & 0xff];
  return patch === 0 ? `${major}.${minor}` : `${major}.${minor}.${patch}`;
}

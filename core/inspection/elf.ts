/**
 * Owns the reading of ELF files: for which machine, with which libraries, and which symbol versions of them.
 * It works from the program headers and the dynamic segment alone, so that a file without section headers tells as much.
 * Formats: System V gABI chapters 4 and 5; version needs: LSB Core, 10.7 "Symbol Versioning"; ISA levels: x86-64 psABI 1.0.
 */
import { type ByteReader, createByteReader, withinBounds } from './byte-reader';

export interface ElfVersionNeed {
  /** The library's soname, such as `libc.so.6`. */
  readonly library: string;
  /** Such as `GLIBC_2.34`. */
  readonly version: string;
}

export interface ElfFacts {
  readonly bits: 32 | 64;
  readonly isLittleEndian: boolean;
  /** `x86_64`, `arm64`, `x86`, `arm`, …, or `machine-<number>`. */
  readonly machine: string;
  /** Whether the system can start it: it names an interpreter, or stands at a fixed address. */
  readonly isExecutable: boolean;
  readonly interpreter?: string;
  readonly soname?: string;
  /** In the file's order. */
  readonly needed: readonly string[];
  readonly rpath?: string;
  readonly runpath?: string;
  readonly versionNeeds: readonly ElfVersionNeed[];
  /** `x86-64-v2` and up, where the file says so in its properties. */
  readonly cpuBaseline?: string;
  /** Some of it points outside the file: the lists may be incomplete. */
  readonly isDamaged: boolean;
}

const MACHINES: Readonly<Record<number, string>> = {
  3: 'x86',
  8: 'mips',
  20: 'powerpc',
  21: 'powerpc64',
  22: 's390x',
  40: 'arm',
  62: 'x86_64',
  183: 'arm64',
  243: 'riscv',
  258: 'loongarch',
};

const TYPE_EXECUTABLE = 2;
const SEGMENT = { load: 1, dynamic: 2, interpreter: 3, note: 4, gnuProperty: 0x6474e553 } as const;
const TAG = {
  end: 0,
  needed: 1,
  strings: 5,
  soname: 14,
  rpath: 15,
  runpath: 29,
  versionNeeds: 0x6ffffffe,
  versionNeedCount: 0x6fffffff,
} as const;
const NOTE_GNU_PROPERTY = 5;
const PROPERTY_X86_ISA_NEEDED = 0xc0008002;

/** No real file comes near these; a hostile one would otherwise keep the reader busy. */
const MOST_SEGMENTS = 4096;
const MOST_DYNAMIC_ENTRIES = 65_536;
const MOST_VERSION_NEEDS = 65_536;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
}

/** How the two classes lay out what is read here. */
interface Layout {
  readonly reader: ByteReader;
  readonly is64: boolean;
  readonly word: (offset: number) => number;
}

/** @returns undefined for what is no ELF file; a damaged one gives what could be read */
export function readElf(bytes: Uint8Array): ElfFacts | undefined {
  if (bytes.length < 52 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) return undefined;
  const [is64, isLittleEndian] = [bytes[4] === 2, bytes[5] === 1];
  if ((!is64 && bytes[4] !== 1) || (!isLittleEndian && bytes[5] !== 2)) return undefined;
  const reader = createByteReader(bytes, isLittleEndian);
  const layout: Layout = { reader, is64, word: is64 ? (offset) => reader.u64(offset) : (offset) => reader.u32(offset) };

  const segments = withinBounds(() => readSegments(layout));
  const found = (type: number) => segments?.find((segment) => segment.type === type);
  const interpreterSegment = found(SEGMENT.interpreter);
  const interpreter = interpreterSegment && withinBounds(() => reader.text(interpreterSegment.offset));
  const dynamic = segments === undefined ? undefined : readDynamic(layout, segments);
  const cpuBaseline = withinBounds(() => readCpuBaseline(layout, segments ?? []));
  const machine = reader.u16(18);
  return {
    bits: is64 ? 64 : 32,
    isLittleEndian,
    machine: MACHINES[machine] ?? `machine-${machine}`,
    isExecutable: reader.u16(16) === TYPE_EXECUTABLE || interpreterSegment !== undefined,
    needed: dynamic?.needed ?? [],
    versionNeeds: dynamic?.versionNeeds ?? [],
    isDamaged: dynamic === undefined || dynamic.isDamaged || (interpreterSegment !== undefined && interpreter === undefined),
    ...(interpreter === undefined ? {} : { interpreter }),
    ...dynamic?.names,
    ...(cpuBaseline === undefined ? {} : { cpuBaseline }),
  };
}

function readSegments({ reader, is64, word }: Layout): readonly Segment[] {
  const start = word(is64 ? 32 : 28);
  const size = reader.u16(is64 ? 54 : 42);
  const count = Math.min(reader.u16(is64 ? 56 : 44), MOST_SEGMENTS);
  return Array.from({ length: start === 0 ? 0 : count }, (_, index) => {
    const at = start + index * size;
    return {
      type: reader.u32(at),
      offset: word(at + (is64 ? 8 : 4)),
      address: word(at + (is64 ? 16 : 8)),
      fileBytes: word(at + (is64 ? 32 : 16)),
    };
  });
}

interface Dynamic {
  readonly needed: readonly string[];
  readonly names: { readonly soname?: string; readonly rpath?: string; readonly runpath?: string };
  readonly versionNeeds: readonly ElfVersionNeed[];
  readonly isDamaged: boolean;
}

const NO_DYNAMIC: Dynamic = { needed: [], names: {}, versionNeeds: [], isDamaged: false };

function readDynamic(layout: Layout, segments: readonly Segment[]): Dynamic {
  const dynamic = segments.find((segment) => segment.type === SEGMENT.dynamic);
  if (dynamic === undefined || dynamic.fileBytes === 0) return NO_DYNAMIC;
  const damaged: Dynamic = { ...NO_DYNAMIC, isDamaged: true };
  const entries = withinBounds(() => readEntries(layout, dynamic));
  if (entries === undefined) return damaged;
  const first = (tag: number) => entries.find((entry) => entry.tag === tag)?.value;
  const tags = first(TAG.strings);
  const strings = tags === undefined ? undefined : fileOffset(segments, tags);
  if (strings === undefined) return entries.length === 0 ? NO_DYNAMIC : damaged;

  const name = (offset: number | undefined) =>
    offset === undefined ? undefined : withinBounds(() => layout.reader.text(strings + offset));
  const neededEntries = entries.filter((entry) => entry.tag === TAG.needed);
  const needed = neededEntries.flatMap((entry) => name(entry.value) ?? []);
  const [soname, rpath, runpath] = [name(first(TAG.soname)), name(first(TAG.rpath)), name(first(TAG.runpath))];
  const needsAddress = first(TAG.versionNeeds);
  const needsOffset = needsAddress === undefined ? undefined : fileOffset(segments, needsAddress);
  const versionNeeds =
    needsOffset === undefined ? [] : withinBounds(() => readVersionNeeds(layout, needsOffset, first(TAG.versionNeedCount) ?? 0, strings));
  return {
    needed,
    names: {
      ...(soname === undefined ? {} : { soname }),
      ...(rpath === undefined ? {} : { rpath }),
      ...(runpath === undefined ? {} : { runpath }),
    },
    versionNeeds: versionNeeds ?? [],
    isDamaged:
      needed.length < neededEntries.length || versionNeeds === undefined || (needsAddress !== undefined && needsOffset === undefined),
  };
}

function readEntries({ is64, word }: Layout, dynamic: Segment): readonly { readonly tag: number; readonly value: number }[] {
  const size = is64 ? 16 : 8;
  const entries: { tag: number; value: number }[] = [];
  for (let at = dynamic.offset; at + size <= dynamic.offset + dynamic.fileBytes && entries.length < MOST_DYNAMIC_ENTRIES; at += size) {
    const tag = word(at);
    if (tag === TAG.end) break;
    // Values of tags that are not read here need not be numbers that fit.
    entries.push({ tag, value: withinBounds(() => word(at + size / 2)) ?? -1 });
  }
  return entries;
}

/** Dynamic entries hold addresses; the loadable segments say where in the file those are. */
function fileOffset(segments: readonly Segment[], address: number): number | undefined {
  const holder = segments.find(
    (segment) => segment.type === SEGMENT.load && address >= segment.address && address < segment.address + segment.fileBytes,
  );
  return holder === undefined ? undefined : holder.offset + (address - holder.address);
}

/** Two linked lists: each library's record points to its versions. Links only ever lead onwards, so it ends. */
function readVersionNeeds({ reader }: Layout, start: number, count: number, strings: number): readonly ElfVersionNeed[] {
  const needs: ElfVersionNeed[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const library = reader.text(strings + reader.u32(at + 4));
    let versionAt = at + reader.u32(at + 8);
    for (let left = reader.u16(at + 2); left > 0; left--) {
      if (needs.length >= MOST_VERSION_NEEDS) return needs;
      needs.push({ library, version: reader.text(strings + reader.u32(versionAt + 8)) });
      const next = reader.u32(versionAt + 12);
      if (next === 0) break;
      versionAt += next;
    }
    const next = reader.u32(at + 12);
    if (next === 0) break;
    at += next;
  }
  return needs;
}

function readCpuBaseline({ reader, is64 }: Layout, segments: readonly Segment[]): string | undefined {
  const align = is64 ? 8 : 4;
  const aligned = (value: number) => Math.ceil(value / align) * align;
  for (const segment of segments) {
    if (segment.type !== SEGMENT.gnuProperty && segment.type !== SEGMENT.note) continue;
    const end = segment.offset + segment.fileBytes;
    for (let at = segment.offset; at + 12 < end;) {
      const [nameBytes, descriptionBytes, type] = [reader.u32(at), reader.u32(at + 4), reader.u32(at + 8)];
      const description = at + 12 + Math.ceil(nameBytes / 4) * 4;
      if (type === NOTE_GNU_PROPERTY && nameBytes === 4 && reader.text(at + 12, 4) === 'GNU') {
        for (let property = description; property + 8 <= description + descriptionBytes;) {
          const dataBytes = reader.u32(property + 4);
          if (reader.u32(property) === PROPERTY_X86_ISA_NEEDED) return isaLevel(reader.u32(property + 8));
          property += 8 + aligned(dataBytes);
        }
      }
      at = description + (segment.type === SEGMENT.gnuProperty ? aligned(descriptionBytes) : Math.ceil(descriptionBytes / 4) * 4);
    }
  }
  return undefined;
}

/** Bit 0 is the baseline that every x86-64 has; each further bit a level. */
function isaLevel(bits: number): string | undefined {
  const level = 32 - Math.clz32(bits & 0b1111);
  return level < 2 ? undefined : `x86-64-v${level}`;
}

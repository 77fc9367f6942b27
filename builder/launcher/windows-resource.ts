/**
 * Owns the resources of a Windows executable, as a linker takes them (`.res`): its icon and what its properties show.
 * Formats: learn.microsoft.com, "Resource File Formats", "VS_VERSIONINFO structure"; icons: "Icons" (ICONDIR, GRPICONDIR).
 */
import { SlipwayError } from '../../core/slipway-error';
import { fourNumbers } from '../compilers/python-compiler';

export interface WindowsFacts {
  /** Of the executable, without `.exe`. */
  readonly name: string;
  readonly version?: string;
  readonly title?: string;
  readonly publisher?: string;
  readonly description?: string;
  readonly icon?: { readonly file: string; readonly bytes: Uint8Array };
}

const TYPE = { icon: 3, groupIcon: 14, version: 16 } as const;
const ENGLISH = 0x0409;
const UTF16 = 0x04b0;

/** @throws SlipwayError `launcher-failed` where the icon is none */
export function windowsResource(facts: WindowsFacts): Buffer {
  return Buffer.concat([
    // An empty one comes first: so a reader knows the 32-bit format.
    entry(0, 0, Buffer.alloc(0), 0, 0),
    ...(facts.icon === undefined ? [] : iconEntries(facts.icon.file, Buffer.from(facts.icon.bytes))),
    entry(TYPE.version, 1, versionInfo(facts)),
  ]);
}

/** 0x1030: moveable, pure, discardable, as resource compilers write it; nobody reads it any more. */
function entry(type: number, name: number, data: Buffer, flags = 0x1030, language = ENGLISH): Buffer {
  const header = Buffer.alloc(32);
  header.writeUInt32LE(data.length, 0);
  header.writeUInt32LE(header.length, 4);
  // 0xffff says that a number follows, not a name.
  header.writeUInt16LE(0xffff, 8);
  header.writeUInt16LE(type, 10);
  header.writeUInt16LE(0xffff, 12);
  header.writeUInt16LE(name, 14);
  header.writeUInt16LE(flags, 20);
  header.writeUInt16LE(language, 22);
  return padded(Buffer.concat([header, data]));
}

/** Each picture is a resource of its own, and the group lists them: the file's own table with numbers instead of offsets. */
function iconEntries(file: string, bytes: Buffer): readonly Buffer[] {
  const count = bytes.length >= 6 && bytes.readUInt32LE(0) === 0x0001_0000 ? bytes.readUInt16LE(4) : 0;
  if (count === 0 || bytes.length < 6 + count * 16) throw noIcon(file);
  const pictures = Array.from({ length: count }, (_, index) => {
    const row = bytes.subarray(6 + index * 16, 22 + index * 16);
    const [size, offset] = [row.readUInt32LE(8), row.readUInt32LE(12)];
    if (offset + size > bytes.length) throw noIcon(file);
    const listed = Buffer.alloc(14);
    row.copy(listed, 0, 0, 12);
    listed.writeUInt16LE(index + 1, 12);
    return { listed, picture: bytes.subarray(offset, offset + size) };
  });
  const group = Buffer.concat([bytes.subarray(0, 6), ...pictures.map(({ listed }) => listed)]);
  return [...pictures.map(({ picture }, index) => entry(TYPE.icon, index + 1, picture)), entry(TYPE.groupIcon, 1, group)];
}

function noIcon(file: string): SlipwayError {
  return new SlipwayError('launcher-failed', `'${file}' is no Windows icon`, {
    hint: 'name an .ico file: a .png that was renamed is none',
  });
}

function versionInfo({ name, version = '0', title, publisher, description }: WindowsFacts): Buffer {
  const strings: readonly (readonly [string, string | undefined])[] = [
    ['CompanyName', publisher],
    ['FileDescription', description ?? title ?? name],
    ['FileVersion', version],
    ['InternalName', name],
    ['OriginalFilename', `${name}.exe`],
    ['ProductName', title ?? name],
    ['ProductVersion', version],
  ];
  const rows = strings.flatMap(([key, value]) => (value === undefined ? [] : [textBlock(key, value)]));
  const translation = Buffer.alloc(4);
  translation.writeUInt16LE(ENGLISH, 0);
  translation.writeUInt16LE(UTF16, 2);
  return block('VS_VERSION_INFO', fixedInfo(version), [
    block('StringFileInfo', undefined, [block('040904B0', undefined, rows)]),
    block('VarFileInfo', undefined, [block('Translation', translation, [])]),
  ]);
}

/** VS_FIXEDFILEINFO */
function fixedInfo(version: string): Buffer {
  const [major = 0, minor = 0, patch = 0, build = 0] = fourNumbers(version).split('.').map(Number);
  const fixed = Buffer.alloc(52);
  fixed.writeUInt32LE(0xfeef04bd, 0);
  fixed.writeUInt32LE(0x0001_0000, 4);
  for (const offset of [8, 16]) {
    fixed.writeUInt32LE(((major << 16) | minor) >>> 0, offset);
    fixed.writeUInt32LE(((patch << 16) | build) >>> 0, offset + 4);
  }
  fixed.writeUInt32LE(0x3f, 24);
  fixed.writeUInt32LE(0x0004_0004, 32); // Windows NT
  fixed.writeUInt32LE(1, 36); // an application
  return fixed;
}

/** Length, length of the value, kind (1: text), key, value, children: each aligned to four bytes. */
function block(key: string, value: Buffer | undefined, children: readonly Buffer[]): Buffer {
  return sized(value === undefined ? 1 : 0, value?.length ?? 0, key, value ?? Buffer.alloc(0), children);
}

/** The value's length counts characters here, with the zero at its end. */
function textBlock(key: string, value: string): Buffer {
  return sized(1, value.length + 1, key, utf16(value), []);
}

function sized(kind: number, valueLength: number, key: string, value: Buffer, children: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16LE(valueLength, 2);
  head.writeUInt16LE(kind, 4);
  let whole = Buffer.concat([padded(Buffer.concat([head, utf16(key)])), value]);
  for (const child of children) whole = Buffer.concat([padded(whole), child]);
  whole.writeUInt16LE(whole.length, 0);
  return whole;
}

function utf16(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf16le');
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

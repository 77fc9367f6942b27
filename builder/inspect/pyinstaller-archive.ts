/**
 * Owns the reading of the archive that PyInstaller appends to its executables, by its own table of contents.
 * Format: PyInstaller 6, `PyInstaller/archive/writers.py` (CArchiveWriter): numbers are big-endian, content is zlib or plain.
 */
import { inflateSync } from 'node:zlib';

export interface ArchiveEntry {
  /** Forward slashes; `libpython3.12.so.1.0`, `PYZ.pyz`. */
  readonly name: string;
  /** Unpacked; not what is inside a PYZ. */
  readonly bytes: Uint8Array;
}

/** What the bootloader looks for near the end of its executable: `MEI` and five bytes. */
const COOKIE = Buffer.from([0x4d, 0x45, 0x49, 0x0c, 0x0b, 0x0a, 0x0b, 0x0e]);
const COOKIE_BYTES = 88;
const ENTRY_BYTES = 18;
const MOST_BYTES_PER_ENTRY = 512 * 1024 * 1024;

/** @returns undefined where there is no such archive, or where its table cannot be trusted */
export function readPyInstallerArchive(executable: Buffer): Iterable<ArchiveEntry> | undefined {
  const cookieAt = executable.lastIndexOf(COOKIE);
  if (cookieAt < 0 || cookieAt + COOKIE_BYTES > executable.length) return undefined;
  const [archiveBytes, tableAt, tableBytes] = [8, 12, 16].map((offset) => executable.readUInt32BE(cookieAt + offset)) as [
    number,
    number,
    number,
  ];
  const start = cookieAt + COOKIE_BYTES - archiveBytes;
  const table = executable.subarray(start + tableAt, start + tableAt + tableBytes);
  if (start < 0 || table.length !== tableBytes || tableBytes < ENTRY_BYTES) return undefined;
  return entriesOf(executable.subarray(start, cookieAt), table);
}

function* entriesOf(archive: Buffer, table: Buffer): Generator<ArchiveEntry> {
  for (let at = 0; at + ENTRY_BYTES <= table.length;) {
    const entryBytes = table.readUInt32BE(at);
    if (entryBytes < ENTRY_BYTES) return;
    const [offset, packedBytes] = [table.readUInt32BE(at + 4), table.readUInt32BE(at + 8)];
    const name = table
      .subarray(at + ENTRY_BYTES, at + entryBytes)
      .toString('utf8')
      .replace(/\0.*$/s, '')
      .replaceAll('\\', '/');
    const bytes = unpack(archive.subarray(offset, offset + packedBytes), table[at + 16] === 1);
    if (bytes !== undefined) yield { name, bytes };
    at += entryBytes;
  }
}

function unpack(bytes: Buffer, isPacked: boolean): Uint8Array | undefined {
  if (!isPacked) return bytes;
  try {
    return inflateSync(bytes, { maxOutputLength: MOST_BYTES_PER_ENTRY });
  } catch {
    return undefined; // Not sound, or larger than is looked into.
  }
}

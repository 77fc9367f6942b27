/**
 * Owns judging what a source archive says it holds, before a byte of it is written: names, kinds, sizes, places.
 * The archive's digest was checked before; this is for an archive that someone made on purpose to have that digest.
 */
import { isUtf8 } from 'node:buffer';
import type { Entry } from 'yauzl';
import { PLATFORMS, type PlatformId } from '../../core/platform';
import { caseFolded, entryRefusal, windowsRefusal } from '../../core/source/portable-name';
import { SlipwayError } from '../../core/slipway-error';

export interface ArchivedEntry {
  /** Relative, forward slashes, none at the end. */
  readonly path: string;
  readonly kind: 'file' | 'link' | 'directory';
  readonly isExecutable: boolean;
  readonly sizeBytes: number;
  readonly zipEntry: Entry;
}

const TYPE_MASK = 0o170000;
const TYPES: ReadonlyMap<number, ArchivedEntry['kind']> = new Map([
  [0, 'file'],
  [0o100000, 'file'],
  [0o120000, 'link'],
  [0o040000, 'directory'],
]);
const MADE_BY_UNIX = 3;
const LOCAL_HEADER_BYTES = 30;
/** A link's target is a path; Linux allows 4096 bytes. */
const LONGEST_TARGET_BYTES = 4096;

export function unsafe(name: string, reason: string): SlipwayError {
  return new SlipwayError('archive-unsafe', `the source archive holds '${name}', which is refused: ${reason}`, {
    hint: 'start the build again from its source: slipway start-build',
    details: { entry: name },
  });
}

/** @throws SlipwayError `archive-unsafe` */
export function readEntry(zipEntry: Entry, platform: PlatformId): ArchivedEntry {
  // Names arrive as bytes: the library would otherwise turn backslashes into slashes.
  const raw = zipEntry.fileName as unknown as Buffer;
  const name = raw.toString('utf8');
  const path = name.endsWith('/') ? name.slice(0, -1) : name;
  const refusal = isUtf8(raw) ? entryRefusal(path) : 'its name is not UTF-8';
  if (refusal !== undefined) throw unsafe(name, refusal);
  const onWindows = PLATFORMS[platform].os === 'windows' ? windowsRefusal(path) : undefined;
  if (onWindows !== undefined) throw unsafe(name, onWindows);
  if (zipEntry.isEncrypted() || !zipEntry.canDecodeFileData()) throw unsafe(name, 'it is encrypted or packed by an unknown method');
  const mode = zipEntry.versionMadeBy >>> 8 === MADE_BY_UNIX ? zipEntry.externalFileAttributes >>> 16 : 0;
  const kind = name.endsWith('/') ? 'directory' : TYPES.get(mode & TYPE_MASK);
  if (kind === undefined) throw unsafe(name, 'it is neither a file nor a folder nor a link');
  if (kind === 'link' && zipEntry.uncompressedSize > LONGEST_TARGET_BYTES) throw unsafe(name, 'its target is too long for a path');
  return { path, kind, isExecutable: kind === 'file' && (mode & 0o100) !== 0, sizeBytes: zipEntry.uncompressedSize, zipEntry };
}

/**
 * What no single entry shows: two of one name, one below a file or a link, data that is shared to blow up.
 * @throws SlipwayError `archive-unsafe`
 */
export function checkTogether(entries: readonly ArchivedEntry[], archiveBytes: number, platform: PlatformId): void {
  const fold = PLATFORMS[platform].os === 'linux' ? (path: string) => path : (path: string) => caseFolded(path.normalize('NFC'));
  const byPath = new Map<string, ArchivedEntry>();
  for (const entry of entries) {
    const other = byPath.get(fold(entry.path));
    if (other !== undefined) throw unsafe(entry.path, `it comes twice on this system, once as '${other.path}'`);
    byPath.set(fold(entry.path), entry);
  }
  for (const { path } of entries) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const above = byPath.get(fold(path.slice(0, end)));
      if (above !== undefined && above.kind !== 'directory') throw unsafe(path, `'${above.path}' above it is a ${above.kind}`);
    }
  }
  let end = 0;
  for (const { path, zipEntry } of [...entries].sort(
    (a, b) => a.zipEntry.relativeOffsetOfLocalHeader - b.zipEntry.relativeOffsetOfLocalHeader,
  )) {
    if (zipEntry.relativeOffsetOfLocalHeader < end) throw unsafe(path, 'its data overlaps that of another entry');
    end = zipEntry.relativeOffsetOfLocalHeader + LOCAL_HEADER_BYTES + zipEntry.fileNameLength + zipEntry.compressedSize;
  }
  if (end > archiveBytes) throw unsafe('its last entry', 'its data ends behind the archive');
}

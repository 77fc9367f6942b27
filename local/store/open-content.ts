/**
 * Owns reading a file of the store for somebody who is to get it: as a file that stays open, into buffers of the reader's own, and proved.
 * What was proved once is remembered while the system knows of no change to the file: a digest of every byte for every download would
 * cost more than sending it.
 */
import { createHash } from 'node:crypto';
import type { Files, FileStat, OpenFile } from '../../core/ports/files';
import type { SlipwayError } from '../../core/slipway-error';
import { hasCode } from '../../core/build/stored-build';

export interface WantedContent {
  readonly versionId: string;
  readonly range: { readonly start: number; readonly endExclusive: number };
}

/** The bytes of one version from first to last, into buffers of the reader's own: who sends much at once brings few of them. */
export interface OpenContent {
  readonly sizeBytes: number;
  /**
   * Fills `buffer` with what comes next. @returns how many bytes; 0 at the end
   * @throws SlipwayError `checksum-mismatch` in place of the last piece of what is not what was stored
   */
  readNext(buffer: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

export interface ContentOpenerPorts {
  readonly files: Files;
  readonly place: (key: string) => string;
  /** Of the file as it is, taken again only when it changed. */
  readonly digestOf: (key: string, stat: FileStat) => Promise<string>;
  readonly notFound: (key: string) => SlipwayError;
  readonly mismatch: (key: string, expected: string, actual: string) => SlipwayError;
}

export interface ContentOpener {
  open(key: string, wanted: WantedContent): Promise<OpenContent>;
}

export function createContentOpener(ports: ContentOpenerPorts): ContentOpener {
  const proofs = createProofs();
  return {
    async open(key, { versionId, range }) {
      const file = await openedFile(ports, key);
      try {
        if (proofs.has(key, versionId, file)) return contentOf(file, range);
        const stored = await ports.digestOf(key, file.stat);
        if (stored !== versionId) throw ports.mismatch(key, versionId, stored);
        if (range.start > 0 || range.endExclusive < file.stat.sizeBytes) return contentOf(file, range);
        return provedContent(file, {
          sha256: versionId,
          mismatch: (found) => ports.mismatch(key, versionId, found),
          onProved: () => proofs.add(key, versionId, file),
        });
      } catch (thrown) {
        await file.close();
        throw thrown;
      }
    },
  };
}

async function openedFile({ files, place, notFound }: ContentOpenerPorts, key: string): Promise<OpenFile> {
  try {
    return await files.open(place(key));
  } catch (thrown) {
    throw hasCode(thrown, 'file-not-found') ? notFound(key) : thrown;
  }
}

function contentOf(file: OpenFile, range: WantedContent['range']): OpenContent {
  let position = range.start;
  return {
    sizeBytes: range.endExclusive - range.start,
    async readNext(buffer) {
      const read = await file.readInto(buffer.subarray(0, Math.min(buffer.length, range.endExclusive - position)), position);
      position += read;
      return read;
    },
    close: () => file.close(),
  };
}

interface Proving {
  readonly sha256: string;
  readonly mismatch: (found: string) => SlipwayError;
  readonly onProved: () => void;
}

/** What comes last is not given before everything was judged: who was promised a length never takes damaged bytes for whole. */
function provedContent(file: OpenFile, { sha256, mismatch, onProved }: Proving): OpenContent {
  const { sizeBytes } = file.stat;
  const content = contentOf(file, { start: 0, endExclusive: sizeBytes });
  const hash = createHash('sha256');
  let seenBytes = 0;
  return {
    ...content,
    async readNext(buffer) {
      const read = await content.readNext(buffer);
      if (read === 0) return 0;
      hash.update(buffer.subarray(0, read));
      seenBytes += read;
      if (seenBytes < sizeBytes) return read;
      const found = hash.digest('hex');
      if (found !== sha256) throw mismatch(found);
      onProved();
      return read;
    },
  };
}

/** Of files that this process has read from end to end, and as what it found them. */
interface Proofs {
  has(key: string, sha256: string, file: OpenFile): boolean;
  add(key: string, sha256: string, file: OpenFile): void;
}

/** What is forgotten is proved again. */
const MOST_PROOFS = 10_000;

function createProofs(): Proofs {
  const known = new Map<string, string>();
  const proofOf = (sha256: string, { stat }: OpenFile) => stat.identity && `${sha256} ${stat.identity}`;
  return {
    has(key, sha256, file) {
      const proof = proofOf(sha256, file);
      return proof !== undefined && known.get(key) === proof;
    },
    add(key, sha256, file) {
      const proof = proofOf(sha256, file);
      if (proof === undefined) return;
      const [oldest] = known.size < MOST_PROOFS ? [] : known.keys();
      if (oldest !== undefined) known.delete(oldest);
      known.set(key, proof);
    },
  };
}

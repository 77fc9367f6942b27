/**
 * The Ledger on a folder: one readable JSON file per document. A change replaces the whole file by a rename, under a lock of its key.
 * A reader needs none; nor does who makes a document: that it was not there is the system's own answer, for one of many alone.
 */
import { createHash } from 'node:crypto';
import type { Files, FileStat } from '../../core/ports/files';
import type { Ledger } from '../../core/ports/ledger';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { hasCode } from '../../core/build/stored-build';
import type { FileLock } from './file-lock';
import { keysBelow, pathOfKey } from './store-path';

function serialize(body: unknown): string {
  return `${JSON.stringify(body, undefined, 2)}\n`;
}

/** Equal content is the same revision, as it is for an ETag. */
function revisionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @param storeDirectory `$SLIPWAY_HOME/store` */
export function createFolderLedger(files: Files, storeDirectory: string, lock: FileLock): Ledger {
  const place = (key: string) => pathOfKey(storeDirectory, key);

  const remembered = createRememberedTexts();

  const readText = async (key: string): Promise<string | undefined> => {
    const stat = await files.stat(place(key));
    if (stat === undefined) return undefined;
    const known = remembered.get(key, stat);
    if (known !== undefined) return known;
    const text = await readFile(key);
    // Should another one have come in between, it is not found under the identity that was seen before.
    if (text !== undefined) remembered.set(key, stat, text);
    return text;
  };

  const readFile = async (key: string): Promise<string | undefined> => {
    try {
      return await files.readText(place(key));
    } catch (thrown) {
      if (hasCode(thrown, 'file-not-found')) return undefined;
      if (isSlipwayError(thrown) && thrown.details.errno === 'EISDIR') throw damaged(place(key), 'it is a folder', thrown);
      throw thrown;
    }
  };

  return {
    async read(key) {
      const text = await readText(key);
      return text === undefined ? undefined : { key, body: parse(text, place(key)), revision: revisionOf(text), place: place(key) };
    },
    async create(key, body) {
      const text = serialize(body);
      try {
        await files.create(place(key), text);
      } catch (thrown) {
        if (!hasCode(thrown, 'file-exists')) throw thrown;
        throw new SlipwayError('record-exists', `'${key}' is there already`, { cause: thrown });
      }
      return revisionOf(text);
    },
    async replace(key, body, revision) {
      const text = serialize(body);
      return lock(key, async () => {
        const current = await readText(key);
        if (current === undefined || revisionOf(current) !== revision) {
          throw new SlipwayError('record-changed', `'${key}' was changed by another process`, { hint: 'run the command again' });
        }
        await files.write(place(key), text);
        return revisionOf(text);
      });
    },
    remove: (key) => lock(key, () => files.remove(place(key))),
    async keys(prefix, { limit, after } = {}) {
      const keys = await keysBelow(files, storeDirectory, prefix);
      const newer = after === undefined ? keys : keys.filter((key) => key > after);
      return limit === undefined ? newer : newer.slice(0, limit);
    },
  };
}

interface RememberedTexts {
  get(key: string, stat: FileStat): string | undefined;
  set(key: string, stat: FileStat, text: string): void;
}

/** Of some ten thousand documents; what is pushed out is read again. */
const MOST_REMEMBERED_CHARACTERS = 32_000_000;

/** A gate reads the same few documents for every request: one that is as it was seen need not be read again, only looked at. */
function createRememberedTexts(): RememberedTexts {
  const known = new Map<string, { readonly identity: string; readonly text: string }>();
  let characters = 0;
  const forget = (key: string) => {
    characters -= known.get(key)?.text.length ?? 0;
    known.delete(key);
  };
  return {
    get(key, { identity }) {
      const found = known.get(key);
      return identity !== undefined && found?.identity === identity ? found.text : undefined;
    },
    set(key, { identity }, text) {
      forget(key);
      if (identity === undefined) return;
      known.set(key, { identity, text });
      characters += text.length;
      for (const oldest of known.keys()) {
        if (characters <= MOST_REMEMBERED_CHARACTERS) break;
        forget(oldest);
      }
    },
  };
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(file, 'it holds no JSON', cause);
  }
}

function damaged(file: string, how: string, cause: unknown): SlipwayError {
  return new SlipwayError('record-corrupt', `the record '${file}' is damaged: ${how}`, {
    hint: `restore '${file}' from a backup, or remove it to forget what it recorded`,
    details: { place: file },
    cause,
  });
}

/**
 * The Ledger on a folder: one readable JSON file per document. A write replaces the whole file by a rename,
 * under a lock of its key; a reader needs none.
 */
import { createHash } from 'node:crypto';
import type { Files } from '../../core/ports/files';
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

  const readText = async (key: string): Promise<string | undefined> => {
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
      return lock(key, async () => {
        try {
          await files.create(place(key), text);
        } catch (thrown) {
          if (!hasCode(thrown, 'file-exists')) throw thrown;
          throw new SlipwayError('record-exists', `'${key}' is there already`, { cause: thrown });
        }
        return revisionOf(text);
      });
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

/** A Ledger in memory, for tests of use-cases. Each call yields once, so that concurrent callers really meet. */
import type { Ledger, LedgerEntry } from '../../core/ports/ledger';
import { SlipwayError } from '../../core/slipway-error';

export interface MemoryLedger extends Ledger {
  readonly documents: ReadonlyMap<string, { readonly body: unknown; readonly revision: string }>;
}

export function createMemoryLedger(): MemoryLedger {
  const documents = new Map<string, { body: unknown; revision: string }>();
  let writes = 0;
  const store = (key: string, body: unknown) => {
    const revision = `r${++writes}`;
    documents.set(key, { body: structuredClone(body), revision });
    return revision;
  };
  return {
    documents,
    async read(key): Promise<LedgerEntry | undefined> {
      await Promise.resolve();
      const found = documents.get(key);
      return found === undefined ? undefined : { key, body: structuredClone(found.body), revision: found.revision };
    },
    async create(key, body) {
      await Promise.resolve();
      if (documents.has(key)) throw new SlipwayError('record-exists', `the record '${key}' is there already`);
      return store(key, body);
    },
    async replace(key, body, revision) {
      await Promise.resolve();
      if (documents.get(key)?.revision !== revision) throw new SlipwayError('record-changed', `the record '${key}' was changed meanwhile`);
      return store(key, body);
    },
    async remove(key) {
      await Promise.resolve();
      documents.delete(key);
    },
    async keys(prefix, { limit = Infinity, after = '' } = {}) {
      await Promise.resolve();
      const sorted = [...documents.keys()].filter((key) => key.startsWith(prefix) && key > after).sort((a, b) => (a < b ? -1 : 1));
      return sorted.slice(0, limit);
    },
  };
}

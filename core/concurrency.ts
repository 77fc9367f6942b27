/** Owns doing many things at the same time, but never too many: a store answers a crowd with refusals. */

/** Reads and writes of one store that are on their way at once. */
export const STORE_CONCURRENCY = 32;

/** The results in the order of the items. Waits for all that were begun; rejects with the first rejection in that order. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const outcomes = await settleConcurrently(items, limit, work);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** The same, with what became of each. */
export async function settleConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly PromiseSettledResult<Result>[]> {
  const outcomes: PromiseSettledResult<Result>[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [at, item] of waiting) [outcomes[at]] = await Promise.allSettled([work(item)]);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return outcomes;
}

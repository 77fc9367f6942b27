/** What every Ledger keeps. A suite of an adapter calls it; it is no suite by itself. */
import type { Ledger } from '../../core/ports/ledger';

/** @param make an empty ledger; calling it again gives another one on the same documents, as another process would have */
export function ledgerContract(make: () => Promise<() => Ledger>): void {
  const KEY = 'records/builds/0123456789abcdef.json';

  test('what was created is read, with a revision', async () => {
    const ledger = (await make())();
    const body = { text: 'grün "quoted"\n', list: [1, null, { deep: true }] };
    const revision = await ledger.create(KEY, body);
    expect(await ledger.read(KEY)).toMatchObject({ key: KEY, body, revision });
  });

  test('nothing is there until it is created, nor after it was removed', async () => {
    const ledger = (await make())();
    expect(await ledger.read(KEY)).toBeUndefined();
    await ledger.remove(KEY);
    await ledger.create(KEY, {});
    await ledger.remove(KEY);
    expect(await ledger.read(KEY)).toBeUndefined();
  });

  test('of many that create one document exactly one succeeds', async () => {
    const another = await make();
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, at) => another().create(KEY, { at })));
    const winners = outcomes.flatMap((outcome, at) => (outcome.status === 'fulfilled' ? [at] : []));
    expect(winners).toHaveLength(1);
    expect((await another().read(KEY))?.body).toEqual({ at: winners[0] });
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'record-exists' });
  });

  test('a replacement needs the newest revision', async () => {
    const ledger = (await make())();
    const first = await ledger.create(KEY, { at: 1 });
    const second = await ledger.replace(KEY, { at: 2 }, first);
    expect(second).not.toBe(first);
    await expect(ledger.replace(KEY, { at: 3 }, first)).rejects.toMatchObject({ code: 'record-changed' });
    expect((await ledger.read(KEY))?.body).toEqual({ at: 2 });
    expect((await ledger.read(KEY))?.revision).toBe(second);
  });

  test('what is not there cannot be replaced', async () => {
    const ledger = (await make())();
    await expect(ledger.replace(KEY, {}, 'r')).rejects.toMatchObject({ code: 'record-changed' });
    expect(await ledger.read(KEY)).toBeUndefined();
  });

  test('increments by compare-and-swap are never lost', async () => {
    const another = await make();
    await another().create(KEY, { count: 0 });
    const increment = async (): Promise<void> => {
      const ledger = another();
      for (;;) {
        const entry = await ledger.read(KEY);
        try {
          await ledger.replace(KEY, { count: (entry?.body as { count: number }).count + 1 }, entry?.revision ?? '');
          return;
        } catch (thrown) {
          if ((thrown as { code?: string }).code !== 'record-changed') throw thrown;
        }
      }
    };
    await Promise.all(Array.from({ length: 12 }, increment));
    expect((await another().read(KEY))?.body).toEqual({ count: 12 });
  });

  test('a reader beside a writer sees whole documents only', async () => {
    const another = await make();
    const writer = another();
    let revision = await writer.create(KEY, { fill: 'a'.repeat(20_000), end: 'a' });
    let isDone = false;
    const reading = (async () => {
      const reader = another();
      while (!isDone) {
        const { fill, end } = (await reader.read(KEY))?.body as { fill: string; end: string };
        expect(fill.endsWith(end)).toBe(true);
      }
    })();
    for (const letter of 'bcdefghij') revision = await writer.replace(KEY, { fill: letter.repeat(20_000), end: letter }, revision);
    isDone = true;
    await reading;
  });

  test('keys are listed by prefix, ascending, in pages', async () => {
    const ledger = (await make())();
    const keys = ['index/builds/0003-c', 'index/builds/0001-a', 'index/builds/0002-b', 'records/builds/aaaa.json', 'pointers/a.json'];
    for (const key of keys) await ledger.create(key, {});
    expect(await ledger.keys('index/builds/')).toEqual(['index/builds/0001-a', 'index/builds/0002-b', 'index/builds/0003-c']);
    expect(await ledger.keys('index/builds/', { limit: 2 })).toEqual(['index/builds/0001-a', 'index/builds/0002-b']);
    expect(await ledger.keys('index/builds/', { limit: 2, after: 'index/builds/0002-b' })).toEqual(['index/builds/0003-c']);
    expect(await ledger.keys('records/builds/aa')).toEqual(['records/builds/aaaa.json']);
    expect(await ledger.keys('records/')).toEqual(['records/builds/aaaa.json']);
    expect(await ledger.keys('nothing/')).toEqual([]);
  });
}

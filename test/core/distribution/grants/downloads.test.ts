/** How downloads went: what is recorded of a granted file that the gate sends itself, and what a list says of it. */
import { listDownloads, type ListDownloadsPorts } from '../../../../core/distribution/grants/list-downloads';
import { recentGrant, recordGrant, takeBackGrant } from '../../../../core/distribution/grants/record-grant';
import { recordTransfer } from '../../../../core/distribution/grants/record-transfer';
import { addTransfer, isWholeFile, TransferRecordSchema, type TransferEnd } from '../../../../core/distribution/grants/transfer-record';
import { SlipwayError } from '../../../../core/slipway-error';
import { storageKey } from '../../../../core/storage-key';
import { distributedFile, distributionWith } from '../../../fakes/distributions';
import { createMemoryLedger } from '../../../fakes/ledger-memory';
import { createManualClock, createSeededRandomness } from '../../../fakes/manual-clock';

const FILE = 'fieldkit-linux-x86_64.tar.gz';
const SIZE = 1000;
const CALLER = { file: FILE, address: '203.0.113.7' };
const AT = '2026-03-02T00:00:00.000Z';

type Piece = readonly [start: number, end: number, sent?: number];

/** A connection that asked for the piece, and got all of it or `sent` bytes. */
function end([start, endExclusive, sentBytes]: Piece): TransferEnd {
  const outcome = sentBytes === undefined ? 'complete' : 'aborted';
  return {
    distId: '0123456789abcdef',
    grantId: '0000',
    range: { start, endExclusive },
    outcome,
    sentBytes: sentBytes ?? endExclusive - start,
  };
}

const after = (...pieces: readonly Piece[]) =>
  pieces.reduce<ReturnType<typeof addTransfer> | undefined>((earlier, piece) => addTransfer(earlier, end(piece), AT), undefined);

test.each<[string, readonly Piece[], boolean, number]>([
  ['all at once', [[0, SIZE]], true, 1000],
  ['broken off', [[0, SIZE, 400]], false, 400],
  [
    'broken off, then the rest',
    [
      [0, SIZE, 400],
      [380, SIZE],
    ],
    true,
    1020,
  ],
  [
    'broken off, then not quite the rest',
    [
      [0, SIZE, 400],
      [401, SIZE],
    ],
    false,
    999,
  ],
  [
    'in four pieces out of order',
    [
      [750, 1000],
      [0, 250],
      [500, 750],
      [250, 500],
    ],
    true,
    1000,
  ],
  [
    'the same half twice',
    [
      [0, 500],
      [0, 500],
    ],
    false,
    1000,
  ],
  ['broken off before its first byte', [[0, SIZE, 0]], false, 0],
  ['broken off when its headers made up for what is missing', [[0, SIZE, 1200]], false, 999],
  ['the last byte alone', [[999, 1000]], false, 1],
])('%s', (_what, pieces, isComplete, sentBytes) => {
  const record = after(...pieces);
  expect(TransferRecordSchema.parse(record)).toMatchObject({ sentBytes, endedAt: AT });
  expect(record && isWholeFile(record, SIZE)).toBe(isComplete);
});

test('an empty file is complete when its answer was sent', () => {
  expect(isWholeFile(addTransfer(undefined, end([0, 0]), AT), 0)).toBe(true);
});

test('whoever fetches thousands of single bytes makes no record larger than its limit', () => {
  const record = after(...Array.from({ length: 2000 }, (_, at): Piece => [at * 2, at * 2 + 1]));
  expect(TransferRecordSchema.safeParse(record).success).toBe(true);
  expect(record?.sentBytes).toBe(2000);
});

async function world(maxDownloads?: number) {
  const ledger = createMemoryLedger();
  const clock = createManualClock(AT);
  const ports = { ledger, clock, randomness: createSeededRandomness() };
  const distribution = distributionWith({
    files: [distributedFile(FILE, { sizeBytes: SIZE })],
    ...(maxDownloads === undefined ? {} : { maxDownloads }),
  });
  await ledger.create(storageKey.distributionRecord(distribution.distId), distribution);
  const { distId } = distribution;
  const grant = async (caller = CALLER) => {
    const given = await recordGrant(ports, distribution, caller);
    if (given === undefined) throw new Error('no download is left');
    return given;
  };
  const ended = (grantId: string, piece: Piece) => recordTransfer(ports, { ...end(piece), distId, grantId });
  const list = (gateHandsOut: ListDownloadsPorts['gateHandsOut'] = 'bytes', problems?: SlipwayError[]) =>
    listDownloads({ ledger, gateHandsOut }, distId, problems && ((problem) => problems.push(problem)));
  return { ledger, clock, ports, distribution, distId, grant, ended, list };
}

test('each download says how it went', async () => {
  const { grant, ended, list, clock } = await world();
  const grants = [];
  for (let at = 0; at < 4; at++) {
    grants.push(await grant());
    clock.advance(1000);
  }
  const [whole, broken, resumed] = grants.map(({ grantId }) => grantId) as [string, string, string, string];
  await ended(whole, [0, SIZE]);
  await ended(broken, [0, SIZE, 300]);
  await ended(resumed, [0, SIZE, 300]);
  await ended(resumed, [300, SIZE]);
  expect((await list()).map(({ outcome, sentBytes, endedAt }) => [outcome, sentBytes, endedAt])).toEqual([
    ['complete', 1000, '2026-03-02T00:00:04.000Z'],
    ['broken-off', 300, '2026-03-02T00:00:04.000Z'],
    ['complete', 1000, '2026-03-02T00:00:04.000Z'],
    ['started', undefined, undefined],
  ]);
});

test('sixteen connections of one download that end at once are all counted', async () => {
  const { grant, ended, list } = await world();
  const { grantId } = await grant();
  const pieces = Array.from({ length: 16 }, (_, at): Piece => [at * 62.5 - (at % 2) * 0.5, (at + 1) * 62.5 - ((at + 1) % 2) * 0.5]);
  await Promise.all(pieces.map((piece) => ended(grantId, piece)));
  expect(await list()).toMatchObject([{ outcome: 'complete', sentBytes: 1000 }]);
});

test('where the gate redirects, nothing more is read and nothing more is claimed', async () => {
  const { grant, list, ledger } = await world();
  const { grantId, distId } = await grant();
  await ledger.create(storageKey.transfer(distId, grantId), { schemaVersion: 1 });
  expect(await list('redirects')).toMatchObject([{ outcome: 'redirected', grantId }]);
});

test('a damaged outcome is told, and hides neither its grant nor another', async () => {
  const { grant, ended, list, ledger, clock } = await world();
  const first = await grant();
  clock.advance(1);
  const second = await grant();
  await ledger.create(storageKey.transfer(first.distId, first.grantId), { schemaVersion: 1, pieces: 'all' });
  await ended(second.grantId, [0, SIZE]);
  const problems: SlipwayError[] = [];
  expect((await list('bytes', problems)).map(({ outcome }) => outcome)).toEqual(['unreadable', 'complete']);
  expect(problems).toMatchObject([{ code: 'record-corrupt', message: expect.stringContaining(first.grantId) as string }]);
  await expect(list('bytes')).rejects.toMatchObject({ code: 'record-corrupt' });
  // What cannot be read is not written over either.
  await expect(ended(first.grantId, [0, SIZE])).rejects.toMatchObject({ code: 'record-corrupt' });
});

describe('a piece finds the download that it belongs to', () => {
  test('in two reads, however many downloads there were', async () => {
    const { grant, ledger, clock, distId } = await world();
    for (let at = 1; at <= 300; at++) await grant({ ...CALLER, address: `198.51.100.${at % 250}` });
    const mine = await grant();
    const calls: string[] = [];
    const watched = {
      ...ledger,
      read: (key: string) => (calls.push(key), ledger.read(key)),
      keys: (prefix: string) => (calls.push(prefix), ledger.keys(prefix)),
    };
    expect(await recentGrant(watched, distId, CALLER, clock.nowMs())).toEqual(mine);
    expect(calls).toHaveLength(2);
    calls.length = 0;
    expect(await recentGrant(watched, distId, { ...CALLER, address: '192.0.2.1' }, clock.nowMs())).toBeUndefined();
    expect(calls).toHaveLength(1);
  });

  test('which is the newest, of this file and address, for an hour', async () => {
    const { grant, ledger, clock, distId } = await world();
    await grant();
    clock.advance(1000);
    const newest = await grant();
    const found = () => recentGrant(ledger, distId, CALLER, clock.nowMs());
    expect(await found()).toEqual(newest);
    expect(await recentGrant(ledger, distId, { ...CALLER, file: 'other.zip' }, clock.nowMs())).toBeUndefined();
    clock.advance(3_600_000 - 1);
    expect(await found()).toEqual(newest);
    clock.advance(1);
    expect(await found()).toBeUndefined();
  });

  test('and never one that was taken back, or that is damaged', async () => {
    const { grant, ledger, clock, distId } = await world();
    const given = await grant();
    await takeBackGrant(ledger, given);
    expect(await recentGrant(ledger, distId, CALLER, clock.nowMs())).toBeUndefined();
    const again = await grant();
    await ledger.remove(storageKey.grant(distId, again.grantId));
    await ledger.create(storageKey.grant(distId, again.grantId), { schemaVersion: 1 });
    expect(await recentGrant(ledger, distId, CALLER, clock.nowMs())).toBeUndefined();
  });

  test('and where its note is damaged the next download is granted all the same', async () => {
    const { grant, ledger, clock, distId } = await world();
    await ledger.create(storageKey.resume(distId, FILE, CALLER.address), 'nonsense');
    await expect(grant()).resolves.toMatchObject({ address: CALLER.address });
    expect(await recentGrant(ledger, distId, CALLER, clock.nowMs())).toMatchObject({ address: CALLER.address });
  });
});

test('a download that cannot be noted is no download, and costs none of the limit', async () => {
  const { ports, distribution, list, grant } = await world(1);
  const isNote = (key: string) => key.startsWith('resumes/');
  const busy = () => Promise.reject(new SlipwayError('store-busy', 'not now'));
  const ledger = { ...ports.ledger, create: (key: string, body: unknown) => (isNote(key) ? busy() : ports.ledger.create(key, body)) };
  await expect(recordGrant({ ...ports, ledger }, distribution, CALLER)).rejects.toMatchObject({ code: 'store-busy' });
  expect(await list()).toEqual([]);
  await expect(grant()).resolves.toMatchObject({ grantId: '0000' });
});

test('a slot that was taken back is given again: no download of the limit is lost', async () => {
  const { grant, ledger, list } = await world(3);
  const [, second] = [await grant(), await grant(), await grant()];
  await takeBackGrant(ledger, second);
  expect(await grant()).toMatchObject({ grantId: '0001' });
  await expect(grant()).rejects.toThrow('no download is left');
  expect(await list()).toHaveLength(3);
});

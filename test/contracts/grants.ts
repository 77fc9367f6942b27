/** What a limit of downloads keeps, on whatever ledger: exactly so many grants, however many gates are asked at once. */
import { answerGateRequest } from '../../core/distribution/gate/answer-gate-request';
import { createToken } from '../../core/distribution/link-token';
import { takeBackGrant } from '../../core/distribution/grants/record-grant';
import type { Distribution } from '../../core/distribution/distribution';
import type { Ledger } from '../../core/ports/ledger';
import { storageKey } from '../../core/storage-key';
import { nodeRandomness } from '../../local/machine/clock-node';
import { distributionWith } from '../fakes/distributions';
import { createManualClock } from '../fakes/manual-clock';

const GATES = 4;
const ARCHIVE = 'fieldkit-linux-x86_64.tar.gz';

/** @param make an empty ledger; calling it again gives another one on the same documents, as another process would have */
export function grantsContract(make: () => Promise<() => Ledger>): void {
  async function gates(change: Partial<Distribution> = {}) {
    const another = await make();
    const token = createToken(nodeRandomness);
    const distribution = distributionWith({ maxDownloads: 37, ...change });
    const own = another();
    await own.create(storageKey.distributionRecord(distribution.distId), distribution);
    await own.create(storageKey.link(token), { schemaVersion: 1, distId: distribution.distId });
    const ledgers = Array.from({ length: GATES }, another);
    const clock = createManualClock('2026-03-02T00:00:00Z');
    const ask = (
      caller: number,
      request: { readonly method?: string; readonly file?: string; readonly headers?: Record<string, string> } = {},
    ) =>
      answerGateRequest(
        { ledger: ledgers[caller % GATES] ?? own, clock, randomness: nodeRandomness, rangesEnforcedBy: 'gate' },
        {
          method: request.method ?? 'GET',
          target: `/d/${token}/${request.file ?? ARCHIVE}`,
          headers: request.headers ?? {},
          callerAddress: `203.0.113.${caller + 1}`,
        },
      );
    const grants = async () => (await own.keys(storageKey.grantsPrefix(distribution.distId))).map((key) => key.slice(-9, -5));
    return { own, distribution, ask, grants };
  }
  const slots = (count: number) => Array.from({ length: count }, (_, at) => String(at).padStart(4, '0'));

  test('of 100 that download at once through four gates exactly 37 are granted, in slots without holes', async () => {
    const { ask, grants } = await gates();
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, caller) => ask(caller)));
    const granted = outcomes.filter(({ entry }) => entry.isGrant);
    expect(granted).toHaveLength(37);
    expect(new Set(granted.map(({ entry }) => entry.grantId)).size).toBe(37);
    expect(granted.every(({ answer }) => answer.status === 200 && answer.body.kind === 'file')).toBe(true);
    const refused = outcomes.filter(({ entry }) => !entry.isGrant);
    expect(refused.every(({ entry, answer }) => entry.reason === 'exhausted' && answer.status === 410)).toBe(true);
    expect(await grants()).toEqual(slots(37));
  });

  test('what was taken back is granted again once, whoever of many asks for it', async () => {
    const { own, distribution, ask, grants } = await gates({ maxDownloads: 5 });
    const outcomes = await Promise.all(Array.from({ length: 5 }, (_, caller) => ask(caller)));
    const taken = outcomes.map(({ entry }) => entry.grantId);
    await takeBackGrant(own, { distId: distribution.distId, grantId: taken[2] ?? '' });
    const again = await Promise.all(Array.from({ length: 30 }, (_, caller) => ask(20 + caller)));
    expect(again.filter(({ entry }) => entry.isGrant)).toHaveLength(1);
    expect(await grants()).toEqual(slots(5));
  });

  test('nothing but a whole file is counted, be it asked for a hundred times at once', async () => {
    const { ask, grants } = await gates({ maxDownloads: 1 });
    const uncounted = [
      { method: 'HEAD' },
      { file: 'SHA256SUMS' },
      { file: 'manifest.json' },
      { file: '', headers: { accept: 'text/html' } },
      { headers: { 'user-agent': 'Slackbot-LinkExpanding 1.0' } },
      { headers: { 'if-none-match': '*' } },
      { file: 'nothing.zip' },
    ];
    await Promise.all(Array.from({ length: 100 }, (_, caller) => ask(caller, uncounted[caller % uncounted.length])));
    expect(await grants()).toEqual([]);
    expect((await ask(7)).entry.isGrant).toBe(true);
    const pieces = await Promise.all(Array.from({ length: 100 }, (_, at) => ask(7, { headers: { range: `bytes=${at % 10}-` } })));
    expect(pieces.every(({ answer, entry }) => answer.status === 206 && !entry.isGrant)).toBe(true);
    expect(await grants()).toEqual(slots(1));
  });
}

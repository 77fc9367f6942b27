/**
 * Judges stored links at given instants, in a process of its own whose time zone and language are its environment's:
 * a JSON list of cases in, a JSON list of what every part of the product makes of them out.
 */
import { S3Client } from '@aws-sdk/client-s3';
import { createBoundLinks } from '../../../../aws/distribution/bound-links';
import { describeDistribution, readerOf } from '../../../../cli/show/distribution-text';
import { answerGateRequest } from '../../../../core/distribution/gate/answer-gate-request';
import { audienceOf } from '../../../../core/distribution/addresses/audience';
import { distributionState } from '../../../../core/distribution/distribution';
import { storageKey } from '../../../../core/storage-key';
import { distributionWith } from '../../../fakes/distributions';
import { createMemoryLedger } from '../../../fakes/ledger-memory';
import { createManualClock, createSeededRandomness } from '../../../fakes/manual-clock';

export interface ExpiryCase {
  readonly expiresAt: string;
  /** What the clock of the gate says. */
  readonly nowMs: number;
}

export interface ExpiryVerdict {
  readonly gate: string;
  readonly state: string;
  /** What the page tells: when the link ends, in UTC. Undefined where there is no page. */
  readonly page: string | undefined;
  /** The line of the command line, in the reader's zone and in UTC. */
  readonly told: string | undefined;
  /** When the redirect begins and ends, by what S3 reads in it. Undefined where none is given. */
  readonly redirect: { readonly startsAtMs: number; readonly endsAtMs: number; readonly promisedEnd: string } | undefined;
}

const TOKEN = 'A'.repeat(32);
const FILE = 'fieldkit-linux-x86_64.tar.gz';

async function judge({ expiresAt, nowMs }: ExpiryCase): Promise<ExpiryVerdict> {
  const ledger = createMemoryLedger();
  const clock = createManualClock(new Date(nowMs).toISOString());
  const distribution = distributionWith({ expiresAt, createdAt: new Date(Date.parse(expiresAt) - 3_600_000).toISOString() });
  await ledger.create(storageKey.distributionRecord(distribution.distId), distribution);
  await ledger.create(storageKey.link(TOKEN), { schemaVersion: 1, distId: distribution.distId });
  const ask = (accept: string, file = '') =>
    answerGateRequest(
      { ledger, clock, randomness: createSeededRandomness(), rangesEnforcedBy: 'storage' },
      { method: 'GET', target: `/d/${TOKEN}${file}`, headers: { accept }, callerAddress: '203.0.113.7' },
    );
  const { answer, entry, expiresAt: notAfter } = await ask('*/*', `/${FILE}`);
  const page = (await ask('text/html')).answer;
  const view = { distribution, state: distributionState(distribution, 0, nowMs), grantCount: 0 };
  const told = describeDistribution(view, readerOf({ clock, environment: { TZ: process.env.TZ ?? '' } }));
  return {
    gate: entry.reason,
    state: view.state,
    page: page.status === 200 && page.body.kind === 'text' ? /\d{4}-\d\d-\d\d \d\d:\d\d UTC/.exec(page.body.text)?.[0] : undefined,
    told: /^holds until +(.*)$/m.exec(told)?.[1],
    redirect: answer.body.kind === 'file' && notAfter !== undefined ? await redirect(clock.nowMs(), notAfter) : undefined,
  };
}

/** Signed by the SDK itself, under a session as STS gives it. */
async function redirect(nowMs: number, notAfter: string) {
  const session = {
    Credentials: { AccessKeyId: 'AKIDEXAMPLE', SecretAccessKey: 'secret', SessionToken: 'token', Expiration: new Date(nowMs + 900_000) },
  };
  const links = createBoundLinks({
    sts: { send: () => Promise.resolve(session) },
    s3For: (credentials) => new S3Client({ region: 'eu-central-1', credentials }),
    linkRoleArn: 'arn:aws:iam::111122223333:role/link',
    bucket: 'bucket',
    clock: createManualClock(new Date(nowMs).toISOString()),
  });
  const object = { key: `distributions/0123456789abcdef/${FILE}`, versionId: 'v1', file: FILE };
  const signed = await links.sign({ ...object, audience: audienceOf({ allowedRanges: [] }), expiresInSeconds: 60, notAfter });
  const { searchParams } = new URL(signed.url);
  const date = searchParams.get('X-Amz-Date') ?? '';
  const startsAtMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  return { startsAtMs, endsAtMs: startsAtMs + Number(searchParams.get('X-Amz-Expires')) * 1_000, promisedEnd: signed.expiresAt };
}

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const verdicts: ExpiryVerdict[] = [];
for (const one of JSON.parse(Buffer.concat(chunks).toString()) as ExpiryCase[]) verdicts.push(await judge(one));
process.stdout.write(JSON.stringify(verdicts));

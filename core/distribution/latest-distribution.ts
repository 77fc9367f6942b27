/**
 * Finds the newest link of an application that can be shown again, with its token where that is kept.
 * Direct links are kept nowhere: a later one is told of, and where there is no other it stands for all that there is.
 */
import { distributionState, type Distribution } from './distribution';
import { readDistributionPointer } from './distribution-pointer';
import { readDistribution } from './find-distribution';
import { readDistributions } from './list-distributions';
import type { Ledger } from '../ports/ledger';
import type { LinkTokens } from '../ports/link-tokens';
import { SlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

export interface LatestLink {
  readonly distribution: Distribution;
  readonly token: string | undefined;
  /** Made after it, and shown once. */
  readonly laterDirect?: Distribution;
}

/**
 * Where the pointer leads nowhere the records are asked.
 * @throws SlipwayError `distribution-not-found` when the application has none, `record-corrupt` when the one that it has cannot be read
 */
export async function latestDistribution(
  ports: { readonly ledger: Ledger; readonly tokens: LinkTokens },
  name: string,
): Promise<LatestLink> {
  const { ledger, tokens } = ports;
  const [gate, direct] = await Promise.all([pointedAt(ledger, name, 'gate'), pointedAt(ledger, name, 'direct')]);
  const distribution = gate ?? (await newestRecorded(ledger, name)) ?? direct;
  if (distribution === undefined) {
    throw new SlipwayError('distribution-not-found', `'${name}' has never been distributed`, {
      hint: `run slipway distribute --app ${name} to hand out its newest build`,
    });
  }
  if (distribution.link === 'direct') return { distribution, token: undefined };
  const token = await tokens.read(name, distribution.distId);
  const isLater = direct !== undefined && Date.parse(direct.createdAt) > Date.parse(distribution.createdAt);
  return { distribution, token, ...(isLater ? { laterDirect: direct } : {}) };
}

/** What the reader of a link should know of a later one, as long as that one holds. */
export function latestWarnings({ laterDirect }: LatestLink, nowMs: number): readonly string[] {
  if (laterDirect === undefined || distributionState(laterDirect, 0, nowMs) !== 'live') return [];
  return [`the direct link '${laterDirect.distId}' was made after this one, and was shown once`];
}

async function pointedAt(ledger: Ledger, name: string, link: Distribution['link']): Promise<Distribution | undefined> {
  const target = await readDistributionPointer(ledger, name, link);
  return target && (await readDistribution(ledger, storageKey.distributionRecord(target.distId)))?.distribution;
}

/** One that can be shown again, before one that cannot. */
async function newestRecorded(ledger: Ledger, name: string): Promise<Distribution | undefined> {
  const problems: SlipwayError[] = [];
  const recorded = await readDistributions(ledger, name, (problem) => problems.push(problem));
  const newest = recorded.find(({ link }) => link === 'gate') ?? recorded[0];
  if (newest === undefined && problems[0] !== undefined) throw problems[0];
  return newest;
}

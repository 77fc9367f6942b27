/** Finds the newest distribution of an application, with its token where that is kept. */
import type { Distribution } from './distribution';
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
}

/**
 * Where the pointer leads nowhere the records are asked.
 * @throws SlipwayError `distribution-not-found` when the application has none, `record-corrupt` when the one that it has cannot be read
 */
export async function latestDistribution(
  ports: { readonly ledger: Ledger; readonly tokens: LinkTokens },
  name: string,
): Promise<LatestLink> {
  const target = await readDistributionPointer(ports.ledger, name);
  const named = target === undefined ? undefined : await readDistribution(ports.ledger, storageKey.distributionRecord(target.distId));
  const distribution = named?.distribution ?? (await newestRecorded(ports.ledger, name));
  if (distribution === undefined) {
    throw new SlipwayError('distribution-not-found', `'${name}' has never been distributed`, {
      hint: `run slipway distribute --app ${name} to hand out its newest build`,
    });
  }
  return { distribution, token: await ports.tokens.read(name, distribution.distId) };
}

async function newestRecorded(ledger: Ledger, name: string): Promise<Distribution | undefined> {
  const problems: SlipwayError[] = [];
  const [newest] = await readDistributions(ledger, name, (problem) => problems.push(problem));
  if (newest === undefined && problems[0] !== undefined) throw problems[0];
  return newest;
}

/** Finds the newest distribution of an application, with its token where that is kept. */
import type { Distribution } from './distribution';
import { readDistributionPointer } from './distribution-pointer';
import { readDistribution } from './find-distribution';
import type { Ledger } from '../ports/ledger';
import type { LinkTokens } from '../ports/link-tokens';
import { SlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

export interface LatestLink {
  readonly distribution: Distribution;
  readonly token: string | undefined;
}

/** @throws SlipwayError `distribution-not-found` when the application has none */
export async function latestDistribution(
  ports: { readonly ledger: Ledger; readonly tokens: LinkTokens },
  name: string,
): Promise<LatestLink> {
  const target = await readDistributionPointer(ports.ledger, name);
  const found = target === undefined ? undefined : await readDistribution(ports.ledger, storageKey.distributionRecord(target.distId));
  if (found === undefined) {
    throw new SlipwayError('distribution-not-found', `'${name}' has never been distributed`, {
      hint: `run slipway distribute --app ${name} to hand out its newest build`,
    });
  }
  return { distribution: found.distribution, token: await ports.tokens.read(name, found.distribution.distId) };
}

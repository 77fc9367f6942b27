/**
 * Hands out a build or a file by a link to the gate: a record, a token, and the pointer to the newest.
 * The pointer moves last, so that the previous link stays the latest whatever fails.
 */
import type { Distribution } from '../distribution';
import { withCompanions } from './distribution-content';
import { moveDistributionPointer } from '../distribution-pointer';
import type { DistributeRequest } from '../distribution-service';
import { handOut, type HandOutPorts, type Undo } from './hand-out';
import { createToken } from '../link-token';
import type { LinkTokens } from '../../ports/link-tokens';
import { toSlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';

export interface DistributePorts extends HandOutPorts {
  readonly tokens: LinkTokens;
}

export interface MadeLink {
  readonly distribution: Distribution;
  readonly token: string;
  readonly warnings: readonly string[];
}

export function distribute(ports: DistributePorts, request: DistributeRequest): Promise<MadeLink> {
  return handOut(ports, request, {
    link: 'gate',
    filesOf: withCompanions,
    async publish(distribution, terms, undo) {
      const token = createToken(ports.randomness);
      const warnings = await publish(ports, distribution, token, undo);
      return { distribution, token, warnings: [...terms.warnings, ...warnings] };
    },
  });
}

/** Record, link and token first: a link that the pointer names works from the first moment. */
async function publish(ports: DistributePorts, distribution: Distribution, token: string, undo: Undo[]): Promise<readonly string[]> {
  const { ledger, tokens } = ports;
  const { name, distId, createdAt } = distribution;
  undo.push(() => ledger.remove(storageKey.distributionRecord(distId)));
  await ledger.create(storageKey.distributionRecord(distId), distribution);
  undo.push(() => ledger.remove(storageKey.link(token)));
  await ledger.create(storageKey.link(token), { schemaVersion: 1, distId });
  undo.push(() => tokens.forget(name, distId));
  await tokens.write(name, distId, token);
  const { isMoved, replacedDistId } = await moveDistributionPointer(ledger, name, { distId, createdAt });
  undo.length = 0;
  try {
    // Each forgets only the one that it replaced: whoever came in between keeps its own.
    const superseded = isMoved ? replacedDistId : distId;
    if (superseded !== undefined) await tokens.forget(name, superseded);
  } catch (thrown) {
    return [`the link holds, but the token of another one could not be removed: ${toSlipwayError(thrown).message}`];
  }
  return isMoved ? [] : [`a newer link of '${name}' exists; --get-latest shows that one`];
}

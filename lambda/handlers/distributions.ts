/** Answers which links there are, and who fetched what. */
import { DistributionsCallSchema, type DistributionsAnswer, type DistributionsCall } from '../../core/api/distribution-calls';
import { latestDistribution } from '../../core/distribution/latest-distribution';
import { gateBaseUrl, linkUrl } from '../../core/distribution/link-url';
import { listDistributions, withState } from '../../core/distribution/list-distributions';
import { listDownloads } from '../../core/distribution/list-downloads';
import type { Ledger } from '../../core/ports/ledger';
import type { LinkTokens } from '../../core/ports/link-tokens';
import { handleCalls, type CallHandler, type HandlePorts } from '../handle';

export interface DistributionsHandlerPorts extends HandlePorts {
  readonly ledger: Ledger;
  readonly tokens: LinkTokens;
  /** Empty: the deployment has no gate. */
  readonly gateUrl: string;
}

export function createHandler(ports: DistributionsHandlerPorts): CallHandler {
  return handleCalls('distributions', DistributionsCallSchema, ports, (call) => answer(ports, call));
}

async function answer(ports: DistributionsHandlerPorts, call: DistributionsCall): Promise<DistributionsAnswer> {
  switch (call.query) {
    case 'latest': {
      const { distribution, token } = await latestDistribution(ports, call.name);
      const view = await withState(ports, distribution);
      // Without a gate no link leads anywhere, whatever token is still kept.
      const hasLink = token !== undefined && ports.gateUrl !== '';
      return { query: 'latest', view: hasLink ? { ...view, url: linkUrl(gateBaseUrl(ports.gateUrl), token) } : view };
    }
    case 'list': {
      const { limit, name } = call;
      return { query: 'list', views: [...(await listDistributions(ports, { limit, ...(name === undefined ? {} : { name }) }))] };
    }
    case 'downloads':
      return { query: 'downloads', grants: [...(await listDownloads(ports.ledger, call.reference))] };
  }
}

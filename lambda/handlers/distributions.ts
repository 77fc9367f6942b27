/** Answers which links there are, and who fetched what. */
import { DistributionsCallSchema, type DistributionsAnswer, type DistributionsCall } from '../../core/api/distribution-calls';
import { latestDistribution, latestWarnings } from '../../core/distribution/latest-distribution';
import { gateBaseUrl, linkUrl } from '../../core/distribution/link-url';
import { listDistributions, withState } from '../../core/distribution/list-distributions';
import { listDownloads } from '../../core/distribution/grants/list-downloads';
import { failure, type ErrorBody } from '../../core/envelope';
import type { Ledger } from '../../core/ports/ledger';
import type { LinkTokens } from '../../core/ports/link-tokens';
import type { SlipwayError } from '../../core/slipway-error';
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
      const latest = await latestDistribution(ports, call.name);
      const { distribution, token } = latest;
      const view = await withState(ports, distribution);
      const warnings = latestWarnings(latest, ports.clock.nowMs());
      // Without a gate no link leads anywhere, whatever token is still kept.
      const hasLink = token !== undefined && ports.gateUrl !== '';
      const url = hasLink ? { url: linkUrl(gateBaseUrl(ports.gateUrl), token) } : {};
      return { query: 'latest', view: { ...view, ...url, ...(warnings.length === 0 ? {} : { warnings: [...warnings] }) } };
    }
    case 'list': {
      const { limit, name } = call;
      const { problems, onProblem } = collectProblems();
      const views = await listDistributions(ports, { limit, onProblem, ...(name === undefined ? {} : { name }) });
      return { query: 'list', views: [...views], ...(problems.length === 0 ? {} : { problems }) };
    }
    case 'downloads': {
      const { problems, onProblem } = collectProblems();
      const grants = await listDownloads({ ...ports, gateHandsOut: 'redirects' }, call.reference, onProblem);
      return { query: 'downloads', grants: [...grants], ...(problems.length === 0 ? {} : { problems }) };
    }
  }
}

function collectProblems(): { readonly problems: ErrorBody[]; readonly onProblem: (problem: SlipwayError) => void } {
  const problems: ErrorBody[] = [];
  return {
    problems,
    onProblem(problem) {
      const told = failure(problem);
      if (!told.ok) problems.push(told.error);
    },
  };
}

/** Answers how builds fare and what they log. */
import { StatusCallSchema, type StatusAnswer, type StatusCall } from '../../core/api/build-calls';
import type { BuildPorts } from '../../core/build/build-ports';
import type { BuildRecord } from '../../core/build/build-record';
import { getStatus } from '../../core/build/settle/get-status';
import { getStatuses, listBuilds } from '../../core/build/settle/list-builds';
import { readLog } from '../../core/build/read-log';
import { METRIC } from '../../core/deployment/metric-names';
import { failure, type ErrorBody } from '../../core/envelope';
import type { SlipwayError } from '../../core/slipway-error';
import { handleCalls, type CallHandler, type HandlePorts } from '../handle';

export interface StatusHandlerPorts extends HandlePorts {
  readonly builds: BuildPorts;
}

export function createHandler(ports: StatusHandlerPorts): CallHandler {
  return handleCalls('status', StatusCallSchema, ports, (call) => answer(ports, call));
}

async function answer(ports: StatusHandlerPorts, call: StatusCall): Promise<StatusAnswer> {
  const { builds } = ports;
  switch (call.query) {
    case 'build': {
      const { reference, name, latest } = call;
      const options = { ...(name === undefined ? {} : { name }), ...(latest === undefined ? {} : { latest }) };
      return { query: 'build', build: await getStatus(builds, reference, options) };
    }
    case 'builds':
      return withProblems(ports, (onProblem) => getStatuses(builds, call.buildIds, onProblem));
    case 'list': {
      const { limit, name } = call;
      return withProblems(ports, (onProblem) => listBuilds(builds, { limit, onProblem, ...(name === undefined ? {} : { name }) }));
    }
    case 'log':
      return { query: 'log', ...(await readLog(builds, call.buildId, call.platform, call.from)) };
  }
}

type Read = (onProblem: (problem: SlipwayError) => void) => Promise<readonly BuildRecord[]>;

async function withProblems({ metrics }: HandlePorts, read: Read): Promise<StatusAnswer> {
  const problems: ErrorBody[] = [];
  const builds = await read((problem) => {
    // An id that somebody mistyped is no fault of the deployment.
    if (problem.code !== 'build-not-found') metrics.add(METRIC.settleProblem);
    const told = failure(problem);
    if (!told.ok) problems.push(told.error);
  });
  return { query: 'builds', builds: [...builds], problems };
}

/** What the functions of a deployed stage have written to their logs. */
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { FUNCTION_VARIABLES } from '../../../lambda/environment';
import type { Deployment } from './deployment';

type FunctionName = keyof typeof FUNCTION_VARIABLES;
const ALL = Object.keys(FUNCTION_VARIABLES) as readonly FunctionName[];

/** Lines of JSON; Lambda's own lines are none. */
export async function linesOf({ world, stage }: Deployment, names: readonly FunctionName[] = ALL): Promise<readonly string[]> {
  const logs = new CloudWatchLogsClient(world.cloud.clientConfig);
  try {
    const groups = names.map((name) => `/slipway/${stage}/functions/${name}`);
    const answers = await Promise.all(groups.map((logGroupName) => logs.send(new FilterLogEventsCommand({ logGroupName, limit: 10_000 }))));
    return answers.flatMap(({ events = [] }) => events.map(({ message = '' }) => message.trimEnd())).filter((line) => line.startsWith('{'));
  } finally {
    logs.destroy();
  }
}

/**
 * Owns what can go wrong in a call to CodeBuild beside what every service has in common, and which calls are made again.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html (Errors) and CommonErrors.html
 */
import type { Clock } from '../../core/ports/clock';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { hasCode } from '../../core/build/stored-build';
import { awsFailure } from '../aws-failure';

/** After the SDK's own tries, which take about a second. A Lambda has to answer soon after. */
const PAUSES_MS = [500, 2_000];

/** The name of an SDK's error; undefined for anything else. */
export function errorNameOf(thrown: unknown): string | undefined {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && typeof thrown.name === 'string' ? thrown.name : undefined;
}

/** A call that may be made twice: made again when what kept it from working may pass by itself. */
export async function callCodeBuild<T>(
  clock: Clock,
  what: { readonly operation: string; readonly project?: string },
  call: () => Promise<T>,
): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await call();
    } catch (thrown) {
      const failure = codeBuildFailure(thrown, what);
      // A full queue does not empty in seconds.
      if (!hasCode(failure, 'service-unavailable')) throw failure;
      await clock.sleep(pauseMs);
    }
  }
  return call().catch((thrown: unknown) => {
    throw codeBuildFailure(thrown, what);
  });
}

export function codeBuildFailure(
  thrown: unknown,
  { operation, project }: { readonly operation: string; readonly project?: string },
): SlipwayError {
  if (isSlipwayError(thrown)) return thrown;
  const message = messageOf(thrown);
  switch (errorNameOf(thrown)) {
    case 'AccountLimitExceededException':
      return new SlipwayError('account-limit-reached', `CodeBuild takes no more builds in this account and region: ${message}`, {
        hint: 'wait for a build to end, or raise the quota of concurrently running builds in Service Quotas',
        cause: thrown,
      });
    case 'ResourceNotFoundException':
      return new SlipwayError('deployment-mismatch', `CodeBuild has no project '${project ?? 'of this deployment'}': ${message}`, {
        hint: 'run slipway deploy',
        cause: thrown,
      });
    case 'InvalidInputException':
      return new SlipwayError('call-refused', `CodeBuild refuses ${operation}: ${message}`, {
        hint: 'run slipway deploy, so that the deployment and its build projects are of one version',
        cause: thrown,
      });
    default:
      return awsFailure(thrown, { service: 'CodeBuild', operation });
  }
}

/** In the form of our messages: no full stop. */
function messageOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.trim().replace(/\.$/, '') || 'it does not say why';
}

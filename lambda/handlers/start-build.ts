/** Starts a build, or reruns what failed of one. Owns nothing but the way from a call to its use-case. */
import { StartBuildCallSchema, type StartBuildAnswer } from '../../core/api/build-calls';
import type { BuildPorts } from '../../core/build/build-ports';
import { retryBuild } from '../../core/build/start/retry-build';
import { startUploadedBuild } from '../../core/build/start/start-uploaded-build';
import type { Transfers } from '../../core/ports/transfers';
import { handleCalls, type CallHandler, type HandlePorts } from '../handle';

export interface StartBuildHandlerPorts extends HandlePorts {
  readonly builds: BuildPorts;
  readonly transfers: Transfers;
}

export function createHandler({ builds, transfers, ...handle }: StartBuildHandlerPorts): CallHandler {
  return handleCalls('start-build', StartBuildCallSchema, handle, async (call, note): Promise<StartBuildAnswer> => {
    if (call.action === 'start') {
      const answer = await startUploadedBuild({ ...builds, transfers }, call.request, { useCache: call.useCache });
      note(answer.state === 'started' ? { buildId: answer.build.buildId } : { isUploadNeeded: true });
      return answer;
    }
    const { reference, requestId, useCache, name } = call;
    const build = await retryBuild(builds, reference, requestId, { useCache, ...(name === undefined ? {} : { name }) });
    note({ buildId: build.buildId });
    return { state: 'started', build };
  });
}

/** Asks every open job of a build to end. */
import { CancelBuildCallSchema, type CancelBuildAnswer } from '../../core/api/build-calls';
import type { BuildPorts } from '../../core/build/build-ports';
import { cancelBuild } from '../../core/build/settle/cancel-build';
import { handleCalls, type CallHandler, type HandlePorts } from '../handle';

export interface CancelBuildHandlerPorts extends HandlePorts {
  readonly builds: BuildPorts;
}

export function createHandler({ builds, ...handle }: CancelBuildHandlerPorts): CallHandler {
  return handleCalls('cancel-build', CancelBuildCallSchema, handle, async ({ reference, name }, note): Promise<CancelBuildAnswer> => {
    const build = await cancelBuild(builds, reference, name === undefined ? {} : { name });
    note({ buildId: build.buildId });
    return { build };
  });
}

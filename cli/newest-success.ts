/** Owns finding the build by which the next one is estimated. */
import type { BuildRecord } from '../core/build/build-record';
import type { BuildService } from '../core/build/build-service';
import { isSlipwayError } from '../core/slipway-error';

/** Undefined where none has succeeded yet. */
export async function newestSuccess(builds: Pick<BuildService, 'status'>, name: string): Promise<BuildRecord | undefined> {
  try {
    return await builds.status('latest', name, 'succeeded');
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'build-not-found') return undefined;
    throw thrown;
  }
}

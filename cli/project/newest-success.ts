/** Owns finding the build by which the next one is estimated. */
import type { BuildRecord } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import { isSlipwayError } from '../../core/slipway-error';

/**
 * Undefined where none has succeeded yet, and where none can be told: a record that is damaged or of a newer slipway, a parameter
 * that an earlier build could not write. An estimate keeps nobody from building; what is in the way is told by the call that needs it.
 */
export async function newestSuccess(builds: Pick<BuildService, 'status'>, name: string): Promise<BuildRecord | undefined> {
  try {
    return await builds.status('latest', name, 'succeeded');
  } catch (thrown) {
    if (!isSlipwayError(thrown)) throw thrown;
    return undefined;
  }
}

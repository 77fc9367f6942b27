/** Use-case: runs again what failed of a build, from the same source; what had succeeded is kept. The retry is a build of its own. */
import type { BuildPorts } from '../build-ports';
import { buildStatus, isOpen, jobsOf, type BuildRecord } from '../build-record';
import type { StartBuildOptions } from '../build-service';
import { buildIdOfRequest } from '../../identifier';
import type { PlatformId } from '../../platform';
import { readRequest } from '../read-request';
import { resolveBuild } from '../resolve-build';
import { settleBuild } from '../settle/settle-build';
import { SlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';
import { findBuild } from '../stored-build';
import { createBuild } from './start-build';
import { startJobs } from './start-jobs';

/**
 * @param requestId made once per command: the same retry, resent, is the same build
 * @throws SlipwayError `build-not-found`, `build-open`, `nothing-to-retry`, `artifact-not-found` when the source is gone
 */
export async function retryBuild(
  ports: BuildPorts,
  reference: string,
  requestId: string,
  options: StartBuildOptions & { readonly name?: string },
): Promise<BuildRecord> {
  const buildId = buildIdOfRequest(requestId);
  const isNew = (await findBuild(ports, buildId)) === undefined;
  if (isNew) {
    const earlier = await settleBuild(ports, await resolveBuild(ports, reference, options));
    requireRetryable(earlier);
    const request = await readRequest(ports, earlier.buildId);
    const source = await ports.artifacts.head(storageKey.source(earlier.source.sha256));
    if (source === undefined) {
      throw new SlipwayError('artifact-not-found', `the source of build '${earlier.buildId}' is no longer there`, {
        hint: 'run slipway start-build in the project',
      });
    }
    const attempts: Partial<Record<PlatformId, number>> = {};
    for (const [platform, job] of jobsOf(earlier)) attempts[platform] = job.status === 'succeeded' ? job.attempt : job.attempt + 1;
    const jobCount = jobsOf(earlier).filter(([, job]) => job.status !== 'succeeded').length;
    const retryOf = { buildId: earlier.buildId, attempts, jobCount };
    await createBuild(ports, { ...request, requestId, useCache: options.useCache }, source, retryOf);
  }
  return startJobs(ports, buildId, options, { isNew });
}

function requireRetryable(earlier: BuildRecord): void {
  const status = buildStatus(earlier);
  if (isOpen(status)) {
    throw new SlipwayError('build-open', `build '${earlier.buildId}' is still ${status}`, {
      hint: `wait with slipway status ${earlier.buildId} --watch, or end it with slipway cancel ${earlier.buildId}`,
    });
  }
  if (status === 'succeeded') {
    throw new SlipwayError('nothing-to-retry', `nothing of build '${earlier.buildId}' failed`, {
      hint: 'run slipway start-build --no-cache to build it anew',
    });
  }
}

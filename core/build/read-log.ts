/** Use-case: a piece of a job's log. A job that reuses a result shows the log of the build that made it. */
import type { BuildPorts } from './build-ports';
import { isOpen } from './build-record';
import type { PlatformId } from '../platform';
import type { LogChunk } from '../ports/build-runner';
import { SlipwayError } from '../slipway-error';
import { readBuild } from './stored-build';

/** Builds that reuse builds that reuse builds: more than this is a circle. */
const LONGEST_CHAIN = 50;

/**
 * @param from the `next` of the chunk before; absent: from the start
 * @throws SlipwayError `build-not-found`, `platform-not-in-build`
 */
export async function readLog(ports: BuildPorts, buildId: string, platform: PlatformId, from?: string): Promise<LogChunk> {
  let id = buildId;
  for (let hop = 0; hop < LONGEST_CHAIN; hop++) {
    const record = await readBuild(ports, id);
    const job = record.jobs[platform];
    if (job === undefined) {
      throw new SlipwayError('platform-not-in-build', `build '${id}' has no job for '${platform}'`, {
        hint: `it has ${Object.keys(record.jobs).join(', ')}`,
      });
    }
    if (job.reusedFrom === undefined) {
      const chunk = await ports.runner.log(id, platform, from);
      // A job that never ran, or whose end only the record tells, will log no more.
      return chunk.text === '' && !isOpen(job.status) ? { ...chunk, isComplete: true } : chunk;
    }
    id = job.reusedFrom;
  }
  throw new SlipwayError('record-corrupt', `build '${buildId}' reuses results in a circle`, { hint: 'run slipway start-build --no-cache' });
}

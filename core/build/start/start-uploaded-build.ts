/**
 * Use-case: a request whose source the caller brings itself -> the one upload that is missing, or the build.
 * The call is made twice: before the upload and after it. Nothing is kept of the first.
 */
import type { StartBuildAnswer } from '../../api/build-calls';
import type { BuildPorts } from '../build-ports';
import type { BuildRequest } from '../build-request';
import { buildIdOfRequest } from '../../identifier';
import { requirePlaces } from './job-limit';
import type { Transfers } from '../../ports/transfers';
import { SlipwayError } from '../../slipway-error';
import { createBuild, type StoredSource } from './start-build';
import { startJobs } from './start-jobs';
import { storageKey } from '../../storage-key';
import { findBuild } from '../stored-build';
import { findUpload, uploadOf } from './uploaded-file';

/**
 * @throws SlipwayError `checksum-mismatch` when what is stored is not what the request says, `upload-too-large`,
 *   `build-limit-reached`, `build-limit-exceeded`
 */
export async function startUploadedBuild(
  ports: BuildPorts & { readonly transfers: Transfers },
  request: BuildRequest,
  options: { readonly useCache: boolean },
): Promise<StartBuildAnswer> {
  const buildId = buildIdOfRequest(request.requestId);
  const isNew = (await findBuild(ports, buildId)) === undefined;
  if (isNew) {
    const jobCount = Object.keys(request.jobs).length;
    if (jobCount === 0) throw new SlipwayError('bad-call', 'the request names no platform', { hint: 'name one with --platform' });
    const file = { key: storageKey.source(request.source.sha256), ...request.source };
    const source: StoredSource | undefined = await findUpload(ports, file);
    if (source === undefined) {
      await requirePlaces(ports, buildId, jobCount); // Better told before a long upload than after it.
      return { state: 'upload-needed', upload: await uploadOf(ports, file) };
    }
    await createBuild(ports, { ...request, useCache: options.useCache }, source);
  }
  return { state: 'started', build: await startJobs(ports, buildId, options, { isNew }) };
}

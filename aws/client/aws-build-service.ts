/** The BuildService of a deployment: each method is one call to a Lambda; files travel by presigned addresses. */
import { Readable } from 'node:stream';
import {
  CancelBuildAnswerSchema,
  DownloadAnswerSchema,
  StartBuildAnswerSchema,
  StatusAnswerSchema,
  type DownloadAnswer,
  type DownloadCall,
  type StartBuildCall,
  type StatusAnswer,
  type StatusCall,
} from '../../core/api/build-calls';
import type { BuildRecord } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import type { DeploymentConfig } from '../../core/deployment/deployment-config';
import { errorOfBody } from '../../core/envelope';
import { PLATFORM_IDS } from '../../core/platform';
import type { ReadableDownloads } from '../../core/ports/downloads';
import type { Uploads } from '../../core/ports/uploads';
import { SlipwayError } from '../../core/slipway-error';
import type { FunctionCaller } from './call-function';

/** An upload that was sent and is still asked for was removed in between; more than twice is no accident. */
const MOST_UPLOADS = 2;

export interface AwsBuildServiceOptions {
  readonly caller: FunctionCaller;
  readonly config: Pick<DeploymentConfig, 'platforms'>;
  readonly uploads: Uploads;
  readonly downloads: ReadableDownloads;
  readonly onUpload?: (sentBytes: number, sizeBytes: number) => void;
}

export function createAwsBuildService(options: AwsBuildServiceOptions): BuildService {
  const { caller, config } = options;
  const status = (call: StatusCall) => caller.call('status', call, StatusAnswerSchema);
  return {
    platforms: () => Promise.resolve(PLATFORM_IDS.filter((platform) => config.platforms[platform] !== undefined)),
    start: (request, openSource, { useCache }) =>
      startBuild(options, { action: 'start', request, useCache }, { open: openSource, sizeBytes: request.source.sizeBytes }),
    retry: (reference, requestId, { name, useCache } = {}) =>
      startBuild(options, { action: 'retry', reference, requestId, useCache: useCache ?? false, ...(name === undefined ? {} : { name }) }),
    async status(reference, name, latest) {
      const answer = await status({
        query: 'build',
        reference,
        ...(name === undefined ? {} : { name }),
        ...(latest === undefined ? {} : { latest }),
      });
      return answerTo('build', answer).build;
    },
    async list({ name, limit, onProblem }) {
      const answer = answerTo('builds', await status({ query: 'list', limit, ...(name === undefined ? {} : { name }) }));
      for (const problem of answer.problems) onProblem?.(errorOfBody(problem));
      return answer.builds;
    },
    async cancel(reference, name) {
      const call = { reference, ...(name === undefined ? {} : { name }) };
      return (await caller.call('cancel-build', call, CancelBuildAnswerSchema)).build;
    },
    async log(buildId, platform, from) {
      const answer = await status({ query: 'log', buildId, platform, ...(from === undefined ? {} : { from }) });
      const { text, next, isComplete } = answerTo('log', answer);
      return { text, next, isComplete };
    },
    async manifest(buildId) {
      const answer = await download(caller, { query: 'manifest', buildId });
      return answer.query === 'manifest' ? (answer.manifest ?? undefined) : undefined;
    },
    async openArtifact(buildId, { platform, file, sha256 }) {
      const answer = await download(caller, { query: 'artifact', buildId, platform, file });
      if (answer.query !== 'artifact') throw unexpected('artifact', answer.query);
      if (answer.sha256 !== sha256) throw changed(file, sha256, answer.sha256);
      const { pieces } = await options.downloads.open({ url: answer.url });
      return Readable.from(pieces, { objectMode: false });
    },
  };
}

interface Source {
  readonly sizeBytes: number;
  open(): Readable;
}

async function startBuild(options: AwsBuildServiceOptions, call: StartBuildCall, source?: Source): Promise<BuildRecord> {
  for (let uploads = 0; ; uploads++) {
    const answer = await options.caller.call('start-build', call, StartBuildAnswerSchema);
    if (answer.state === 'started') return answer.build;
    if (source === undefined || uploads >= MOST_UPLOADS) {
      throw new SlipwayError('upload-refused', 'the deployment asks for a source that it was given', {
        hint: 'run slipway start-build again; when it stays so, look at the lifecycle rules of the bucket',
      });
    }
    const { sizeBytes } = source;
    await options.uploads.put({
      url: answer.upload.url,
      headers: answer.upload.headers,
      sizeBytes,
      open: () => source.open(),
      onProgress: (sentBytes) => options.onUpload?.(sentBytes, sizeBytes),
    });
  }
}

function download(caller: FunctionCaller, call: DownloadCall): Promise<DownloadAnswer> {
  return caller.call('download', call, DownloadAnswerSchema);
}

function answerTo<Q extends StatusAnswer['query']>(query: Q, answer: StatusAnswer): Extract<StatusAnswer, { query: Q }> {
  if (answer.query === query) return answer as Extract<StatusAnswer, { query: Q }>;
  throw unexpected(query, answer.query);
}

function unexpected(asked: string, answered: string): SlipwayError {
  return new SlipwayError('deployment-mismatch', `asked for '${asked}', the deployment answered with '${answered}'`, {
    hint: 'deploy with this slipway: slipway deploy',
  });
}

function changed(file: string, expected: string, actual: string): SlipwayError {
  return new SlipwayError('checksum-mismatch', `'${file}' is recorded with sha256 ${actual}, expected ${expected}`, {
    hint: 'run slipway status again: the record has changed',
    details: { file, expected, actual },
  });
}

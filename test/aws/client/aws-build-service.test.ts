/** The build service of a deployment: which call each method makes, and what becomes of the answers. */
import { Readable } from 'node:stream';
import { createAwsBuildService } from '../../../aws/client/aws-build-service';
import type { FunctionCaller } from '../../../aws/client/call-function';
import type { Artifact, BuildRecord } from '../../../core/build/build-record';
import { failure } from '../../../core/envelope';
import type { UploadRequest } from '../../../core/ports/uploads';
import { SlipwayError } from '../../../core/slipway-error';
import { buildRequest, openSource, SOURCE } from '../../fakes/builds';

const build: BuildRecord = {
  schemaVersion: 1,
  buildId: '0123456789abcdef',
  requestId: '00000000-0000-4000-8000-000000000001',
  name: 'fieldkit',
  version: '1.4.0',
  createdAt: '2026-03-01T00:00:00.000Z',
  requestedBy: 'tester',
  source: { sha256: 'a'.repeat(64), sizeBytes: 3, versionId: 'v1' },
  jobs: {},
};
const upload = { url: 'https://bucket.example/sources/x', headers: { 'if-none-match': '*' }, expiresAt: '2026-03-01T00:15:00.000Z' };
const artifact: Artifact = {
  file: 'fieldkit-linux-x86_64.tar.gz',
  kind: 'archive',
  platform: 'linux-x86_64',
  sizeBytes: 5,
  sha256: 'b'.repeat(64),
  versionId: 'v2',
};

function serviceAnswering(answers: readonly unknown[]) {
  const calls: (readonly [string, unknown])[] = [];
  const uploads: UploadRequest[] = [];
  const progress: (readonly [number, number])[] = [];
  const left = [...answers];
  const caller: FunctionCaller = {
    call(name, call, answer) {
      calls.push([name, call]);
      return Promise.resolve(answer.parse(left.shift()));
    },
  };
  const service = createAwsBuildService({
    caller,
    config: { platforms: { 'windows-x86_64': {} as never, 'linux-x86_64': {} as never } },
    uploads: {
      async put(request) {
        uploads.push(request);
        for await (const chunk of request.open()) request.onProgress?.((chunk as Buffer).length);
        return 'stored';
      },
    },
    downloads: {
      open: ({ url }) => Promise.resolve({ pieces: Readable.from([Buffer.from(`from ${url}`)]) }),
      text: () => Promise.reject(new Error('not asked for')),
      file: () => Promise.reject(new Error('not asked for')),
    },
    onUpload: (sent, size) => progress.push([sent, size]),
  });
  return { service, calls, uploads, progress };
}

test('a source that is there is not sent', async () => {
  const request = buildRequest();
  const { service, calls, uploads } = serviceAnswering([{ state: 'started', build }]);
  await expect(service.start(request, openSource, { useCache: true })).resolves.toEqual(build);
  expect(calls).toEqual([['start-build', { action: 'start', request, useCache: true }]]);
  expect(uploads).toEqual([]);
});

test('a source that is missing is sent once, with the headers that were signed, and the same call is made again', async () => {
  const request = buildRequest();
  const { service, calls, uploads, progress } = serviceAnswering([
    { state: 'upload-needed', upload },
    { state: 'started', build },
  ]);
  await service.start(request, openSource, { useCache: false });
  expect(calls).toHaveLength(2);
  expect(calls[1]).toEqual(calls[0]);
  expect(uploads.map(({ url, headers, sizeBytes }) => ({ url, headers, sizeBytes }))).toEqual([
    { url: upload.url, headers: upload.headers, sizeBytes: SOURCE.length },
  ]);
  expect(progress).toEqual([[SOURCE.length, SOURCE.length]]);
});

test('a deployment that never has enough is given up on', async () => {
  const { service, uploads } = serviceAnswering(Array.from({ length: 9 }, () => ({ state: 'upload-needed', upload })));
  await expect(service.start(buildRequest(), openSource, { useCache: true })).rejects.toMatchObject({ code: 'upload-refused' });
  expect(uploads).toHaveLength(2);
});

test('the values of secrets are in no call', async () => {
  const { service, calls } = serviceAnswering([{ state: 'started', build }]);
  await service.start(buildRequest(), openSource, { useCache: true, secrets: { TOKEN: 'hunter2-and-more' } });
  expect(JSON.stringify(calls)).not.toContain('hunter2');
});

test('the platforms are those of the deployment, in the order of the table', async () => {
  await expect(serviceAnswering([]).service.platforms()).resolves.toEqual(['linux-x86_64', 'windows-x86_64']);
});

test('a list tells its problems beside its rows', async () => {
  const problem = failure(new SlipwayError('record-corrupt', 'the record is damaged', { hint: 'remove it' }));
  const error = problem.ok ? undefined : problem.error;
  const { service, calls } = serviceAnswering([{ query: 'builds', builds: [build], problems: [error] }]);
  const problems: SlipwayError[] = [];
  await expect(service.list({ name: 'fieldkit', limit: 20, onProblem: (told) => problems.push(told) })).resolves.toEqual([build]);
  expect(problems.map(({ code, hint }) => [code, hint])).toEqual([['record-corrupt', 'remove it']]);
  expect(calls).toEqual([['status', { query: 'list', name: 'fieldkit', limit: 20 }]]);
});

test.each([
  ['status', (service: ReturnType<typeof serviceAnswering>['service']) => service.status('latest', 'fieldkit', 'succeeded')],
  ['log', (service: ReturnType<typeof serviceAnswering>['service']) => service.log('0123456789abcdef', 'linux-x86_64', 't1')],
])('%s: an answer to another question is a mismatch', async (_what, ask) => {
  const { service } = serviceAnswering([{ query: 'builds', builds: [], problems: [] }]);
  await expect(ask(service)).rejects.toMatchObject({ code: 'deployment-mismatch' });
});

test('a log goes on where it stopped', async () => {
  const { service, calls } = serviceAnswering([{ query: 'log', text: 'more\n', next: 't2', isComplete: false }]);
  const chunk = await service.log('0123456789abcdef', 'linux-x86_64', 't1');
  expect(chunk).toEqual({ text: 'more\n', next: 't2', isComplete: false });
  expect(calls).toEqual([['status', { query: 'log', buildId: '0123456789abcdef', platform: 'linux-x86_64', from: 't1' }]]);
});

test('a manifest of an open build is none', async () => {
  const { service } = serviceAnswering([{ query: 'manifest', manifest: null }]);
  await expect(service.manifest('0123456789abcdef')).resolves.toBeUndefined();
});

test('an artifact is read from its presigned address', async () => {
  const { service, calls } = serviceAnswering([
    {
      query: 'artifact',
      url: 'https://bucket.example/a?X-Amz-Signature=1',
      sizeBytes: 5,
      sha256: artifact.sha256,
      expiresAt: upload.expiresAt,
    },
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of await service.openArtifact(build.buildId, artifact)) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe('from https://bucket.example/a?X-Amz-Signature=1');
  expect(calls).toEqual([['download', { query: 'artifact', buildId: build.buildId, platform: 'linux-x86_64', file: artifact.file }]]);
});

test('an artifact whose record says another digest than the one that was asked for is not fetched', async () => {
  const { service } = serviceAnswering([
    { query: 'artifact', url: 'https://bucket.example/a', sizeBytes: 5, sha256: 'c'.repeat(64), expiresAt: upload.expiresAt },
  ]);
  await expect(service.openArtifact(build.buildId, artifact)).rejects.toMatchObject({ code: 'checksum-mismatch' });
});

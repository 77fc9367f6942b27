import { requireUsableSecretNames, startBuildInput } from '../../../aws/build/start-request';
import type { StoredFile } from '../../../core/ports/artifact-store';
import { ticketFor } from './runner-world';

const stored = (key: string): StoredFile => ({ key, sizeBytes: 1, versionId: `version of ${key}` });
const PLACEMENT = {
  project: { project: 'slipway-prod-linux', logGroup: '/slipway/prod/linux' },
  bucket: 'bucket',
  stage: 'prod',
  wrappedSource: stored('sources/abc.wrapped.zip'),
  jobPackage: stored('jobs/b/linux-x86_64-2.zip'),
};

test('a ticket becomes a start with everything pinned by version', () => {
  const ticket = ticketFor({ job: { attempt: 2, secretNames: ['INDEX_PASSWORD'] }, timeoutMs: 90 * 60_000 });
  expect(startBuildInput(ticket, PLACEMENT)).toEqual({
    projectName: 'slipway-prod-linux',
    secondarySourcesOverride: [
      { type: 'S3', location: 'bucket/jobs/b/linux-x86_64-2.zip', sourceIdentifier: 'job' },
      { type: 'S3', location: 'bucket/sources/abc.wrapped.zip', sourceIdentifier: 'source' },
    ],
    secondarySourcesVersionOverride: [
      { sourceIdentifier: 'job', sourceVersion: 'version of jobs/b/linux-x86_64-2.zip' },
      { sourceIdentifier: 'source', sourceVersion: 'version of sources/abc.wrapped.zip' },
    ],
    artifactsOverride: {
      type: 'S3',
      location: 'bucket',
      path: 'staging/0123456789abcdef/linux-x86_64',
      name: '00112233445566778899aabbccddeeff',
      namespaceType: 'NONE',
      packaging: 'NONE',
      overrideArtifactName: false,
      encryptionDisabled: true,
    },
    environmentVariablesOverride: [
      { name: 'SLIPWAY_BUILD_ID', value: '0123456789abcdef', type: 'PLAINTEXT' },
      { name: 'SLIPWAY_PLATFORM', value: 'linux-x86_64', type: 'PLAINTEXT' },
      { name: 'SLIPWAY_ATTEMPT', value: '2', type: 'PLAINTEXT' },
      { name: 'SLIPWAY_NAME', value: 'fieldkit', type: 'PLAINTEXT' },
      { name: 'SLIPWAY_VERSION', value: '1.4.0', type: 'PLAINTEXT' },
      { name: 'SLIPWAY_SOURCE_SHA256', value: ticketFor({}).job.source.sha256, type: 'PLAINTEXT' },
      { name: 'SLIPWAY_TIMEOUT_MINUTES', value: '90', type: 'PLAINTEXT' },
      { name: 'INDEX_PASSWORD', value: '/slipway/prod/apps/fieldkit/secrets/INDEX_PASSWORD', type: 'PARAMETER_STORE' },
    ],
    logsConfigOverride: {
      cloudWatchLogs: { status: 'ENABLED', groupName: '/slipway/prod/linux', streamName: '0123456789abcdef/linux-x86_64-2' },
    },
    timeoutInMinutesOverride: 90,
    idempotencyToken: '0123456789abcdef-linux-x86_64-2',
  });
});

test('the buildspec is never overridden, and no secret value is sent', () => {
  const input = startBuildInput(
    ticketFor({ secrets: { INDEX_PASSWORD: 'hush hush' }, job: { secretNames: ['INDEX_PASSWORD'] } }),
    PLACEMENT,
  );
  expect(input).not.toHaveProperty('buildspecOverride');
  expect(JSON.stringify(input)).not.toContain('hush');
});

test.each([
  [1, 5],
  [5 * 60_000, 5],
  [5 * 60_000 + 1, 6],
  [2160 * 60_000, 2160],
  [10_000 * 60_000, 2160],
])('%i ms are %i minutes', (timeoutMs, minutes) => {
  expect(startBuildInput(ticketFor({ timeoutMs }), PLACEMENT).timeoutInMinutesOverride).toBe(minutes);
});

test('without the cache, CodeBuild’s own is left out too', () => {
  expect(startBuildInput(ticketFor({ useCache: false }), PLACEMENT).cacheOverride).toEqual({ type: 'NO_CACHE' });
});

test.each(['CODEBUILD_SRC_DIR', 'SLIPWAY_BUILD_ID', 'SLIPWAY_ATTEMPT'])('a secret cannot be called %s', (name) => {
  expect(() => {
    requireUsableSecretNames(['FINE', name]);
  }).toThrow(expect.objectContaining({ code: 'recipe-invalid', message: expect.stringContaining(`'${name}'`) as string }) as Error);
});

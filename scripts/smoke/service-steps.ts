/** Steps about what CodeBuild and S3 answer to calls that Slipway makes rarely, and must not misread. */
import { randomUUID } from 'node:crypto';
import { StopBuildCommand, type Build, type PhaseContext } from '@aws-sdk/client-codebuild';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { require, type SmokeStep } from './smoke-step';
import type { SmokeWorld } from './smoke-world';

const LINUX = 'linux-x86_64';
const WRITERS = 20;

export const contention: SmokeStep = {
  name: 'contention',
  title: 'Twenty writers of one key',
  needs: ['deploy'],
  proves: [
    {
      says: 'of writers with If-None-Match or If-Match one succeeds; the others get 412, or 409 while one is under way',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html',
    },
  ],
  expected: 'one 200 each; the rest 412 and some 409, nothing else',
  async run(world) {
    const { bucket } = await world.deployment();
    const Key = `staging/smoke/${randomUUID()}`;
    const write = (condition: { IfNoneMatch: string } | { IfMatch: string }) =>
      Promise.all(
        Array.from({ length: WRITERS }, (_, at) =>
          world.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: `writer ${at}`, ...condition })).then(
            ({ ETag }) => ({ status: 200, ETag }),
            (thrown: { readonly $metadata?: { readonly httpStatusCode?: number } }) => ({
              status: thrown.$metadata?.httpStatusCode ?? 0,
              ETag: undefined,
            }),
          ),
        ),
      );
    const created = await write({ IfNoneMatch: '*' });
    const first = countStatuses('If-None-Match', created);
    const replaced = await write({ IfMatch: created.find(({ ETag }) => ETag !== undefined)?.ETag ?? '' });
    return `${first}; ${countStatuses('If-Match', replaced)}`;
  },
};

function countStatuses(condition: string, answers: readonly { readonly status: number }[]): string {
  const counts = new Map<number, number>();
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
  const text = [...counts].map(([status, count]) => `${count} × ${status}`).join(', ');
  require(counts.get(200) === 1, `${condition}: ${text}`);
  require([...counts.keys()].every((status) => [200, 409, 412].includes(status)), `${condition}: ${text}`);
  return `${condition}: ${text}`;
}

export const idempotency: SmokeStep = {
  name: 'idempotency',
  title: 'The same token for another build',
  needs: ['deploy'],
  machines: [{ platform: LINUX, minutes: 1 }],
  proves: [
    {
      says: 'the same idempotencyToken with the same parameters is the same build for five minutes; with others it is an InvalidInputException',
      page: 'https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html',
    },
  ],
  expected: 'one build for two equal calls, then InvalidInputException',
  async run(world) {
    const idempotencyToken = randomUUID();
    const start = (value: string) =>
      world.startDirectly({ idempotencyToken, environmentVariablesOverride: [{ name: 'SMOKE', value, type: 'PLAINTEXT' }] });
    const first = await start('one');
    try {
      const second = await start('one');
      require(second.id === first.id, `equal calls started ${first.id ?? ''} and ${second.id ?? ''}`);
      const refused = await start('two').then(
        (other) => `a build, ${other.id ?? ''}`,
        (thrown: unknown) => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)),
      );
      require(refused.startsWith('InvalidInputException'), `another start under the token is answered with ${refused}`);
      return refused;
    } finally {
      await stop(world, first);
    }
  },
};

export const missingParameter: SmokeStep = {
  name: 'secret',
  title: 'A secret that is not there',
  needs: ['deploy'],
  machines: [{ platform: LINUX, minutes: 1 }],
  proves: [
    {
      says: 'a variable whose parameter cannot be read ends the build in DOWNLOAD_SOURCE with the status code "Decrypted Variables Error"',
      page: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env.parameter-store',
    },
  ],
  expected: 'DOWNLOAD_SOURCE FAILED, Decrypted Variables Error: parameter does not exist',
  async run(world) {
    const { stage } = world.options;
    const value = `/slipway/${stage}/apps/slipway-smoke/secrets/NONE`;
    const build = await world.endOf(
      await world.startDirectly({ environmentVariablesOverride: [{ name: 'NONE', value, type: 'PARAMETER_STORE' }] }),
    );
    const failed = build.phases?.find(({ phaseStatus }) => phaseStatus === 'FAILED');
    const text = contextText(failed?.contexts);
    require(failed?.phaseType === 'DOWNLOAD_SOURCE', `${failed?.phaseType ?? 'no phase'} has failed: ${text}`);
    require(text.startsWith('Decrypted Variables Error'), `its context reads '${text}'`);
    return `${failed.phaseType}: ${text}`;
  },
};

/** An early end: what the machine has made by then. */
const EARLY_BUILDSPEC = `version: 0.2
phases:
  install:
    commands:
      - mkdir -p out
      - echo early > out/early.txt
      - exit 3
  build:
    commands:
      - echo never
artifacts:
  base-directory: out
  files: ['**/*']
`;

export const earlyFailure: SmokeStep = {
  name: 'early-failure',
  title: 'A build that fails before BUILD',
  needs: ['deploy'],
  machines: [{ platform: LINUX, minutes: 1 }],
  notInEmulator: 'the stand-in for CodeBuild has its phases from the documentation, which leaves this open',
  proves: [
    {
      says: 'what becomes of the artifacts when INSTALL or PRE_BUILD fails: Slipway has its one command in BUILD, where an upload is promised',
      page: 'https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html',
    },
  ],
  expected: 'the phases that ran, for the stand-in in test/cloud/codebuild to follow; nothing of Slipway depends on them',
  async run(world) {
    const { bucket } = await world.deployment();
    const build = await world.endOf(
      await world.startDirectly({
        buildspecOverride: EARLY_BUILDSPEC,
        artifactsOverride: {
          type: 'S3',
          location: bucket,
          path: 'staging/smoke',
          name: randomUUID(),
          namespaceType: 'NONE',
          packaging: 'NONE',
          encryptionDisabled: true,
        },
      }),
    );
    require(build.buildStatus === 'FAILED', `it is ${build.buildStatus ?? ''}`);
    return (build.phases ?? []).map(({ phaseType, phaseStatus = '' }) => `${phaseType ?? ''} ${phaseStatus}`.trim()).join(', ');
  },
};

function contextText(contexts: readonly PhaseContext[] = []): string {
  return contexts.map(({ statusCode = '', message = '' }) => `${statusCode}: ${message}`).join('; ');
}

async function stop(world: SmokeWorld, { id }: Build): Promise<void> {
  const { build } = await world.codebuild.send(new StopBuildCommand({ id }));
  if (build !== undefined) await world.endOf(build);
}

/** The stand-in, asked by the SDK over HTTP. */
import '../../allow-network';
import '../../allow-processes';
import { readFile } from 'node:fs/promises';
import {
  BatchGetBuildsCommand,
  BatchGetProjectsCommand,
  CreateProjectCommand,
  DeleteProjectCommand,
  ListBuildsCommand,
  ListBuildsForProjectCommand,
  StartBuildCommand,
  StopBuildCommand,
  UpdateProjectCommand,
  type Build,
  type StartBuildCommandInput,
} from '@aws-sdk/client-codebuild';
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { FakeBuild } from './fake-execution';
import { FAILURE } from './stand-in';
import { BUCKET, createStandInWorld, LOG_GROUP, PROJECT, projectNamed, type StandInWorld } from './stand-in-world';

let world: StandInWorld;
afterEach(() => world.close());

const succeeding: FakeBuild = ({ write, print }) => {
  print('hello\n');
  write('report.json', '{}');
  return 0;
};

const INTO_STAGING = {
  type: 'S3',
  location: BUCKET,
  path: 'staging/b/p',
  name: 'nonce',
  namespaceType: 'NONE',
  packaging: 'NONE',
} as const;

async function start(input: Partial<StartBuildCommandInput> = {}): Promise<Build> {
  const { build } = await world.codebuild.send(new StartBuildCommand({ projectName: PROJECT, ...input }));
  if (build === undefined) throw new Error('no build');
  return build;
}

async function get(id: string | undefined): Promise<Build> {
  const { builds } = await world.codebuild.send(new BatchGetBuildsCommand({ ids: [id ?? ''] }));
  const [build] = builds ?? [];
  if (build === undefined) throw new Error(`no build '${id ?? ''}'`);
  return build;
}

async function startAndEnd(input: Partial<StartBuildCommandInput> = {}): Promise<Build> {
  const { id } = await start(input);
  await world.standIn.ended(id ?? '');
  return get(id);
}

const phasesOf = (build: Build) => (build.phases ?? []).map(({ phaseType, phaseStatus }) => `${phaseType ?? ''} ${phaseStatus ?? '-'}`);

/** Asks until it is so. What is asked for comes within milliseconds, and no event tells of it. */
async function untilPhase(id: string | undefined, phase: string): Promise<Build> {
  for (;;) {
    const build = await get(id);
    if (build.currentPhase === phase) return build;
    if (build.buildComplete === true) throw new Error(`the build ended before ${phase}`);
  }
}

/** What has ended and was not yet reaped does not run. */
async function isRunning(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !stat.includes(') Z ');
}

describe('the life of a build', () => {
  test('goes through every phase and tells of it', async () => {
    world = await createStandInWorld({ fake: succeeding });
    const started = await start({ artifactsOverride: INTO_STAGING });
    expect(started).toMatchObject({
      buildStatus: 'IN_PROGRESS',
      buildComplete: false,
      projectName: PROJECT,
      buildNumber: 1,
      timeoutInMinutes: 60,
    });
    expect(started.id).toMatch(/^slipway-prod-linux-x86_64:[0-9a-f-]{36}$/);
    expect(started.startTime).toBeInstanceOf(Date);
    await world.standIn.ended(started.id ?? '');
    const build = await get(started.id);
    expect(build).toMatchObject({ buildStatus: 'SUCCEEDED', buildComplete: true, currentPhase: 'COMPLETED' });
    expect(phasesOf(build)).toEqual([
      ...['SUBMITTED', 'QUEUED', 'PROVISIONING', 'DOWNLOAD_SOURCE', 'INSTALL', 'PRE_BUILD', 'BUILD', 'POST_BUILD'].map(
        (phase) => `${phase} SUCCEEDED`,
      ),
      'UPLOAD_ARTIFACTS SUCCEEDED',
      'FINALIZING SUCCEEDED',
      'COMPLETED -',
    ]);
    expect(build.artifacts?.location).toBe(`arn:aws:s3:::${BUCKET}/staging/b/p/nonce`);
    expect(world.textOf('staging/b/p/nonce/report.json')).toBe('{}');
  });

  test('events have the documented form, in order', async () => {
    world = await createStandInWorld({ fake: succeeding });
    const build = await startAndEnd();
    const states = world.events.filter((event) => event['detail-type'] === 'CodeBuild Build State Change');
    expect(states.map(({ detail }) => detail['build-status'])).toEqual(['IN_PROGRESS', 'SUCCEEDED']);
    const last = states[1];
    expect(last).toMatchObject({
      version: '0',
      source: 'aws.codebuild',
      account: '111122223333',
      region: 'eu-central-1',
      resources: [build.arn],
      detail: {
        'build-status': 'SUCCEEDED',
        'project-name': PROJECT,
        'build-id': `arn:aws:codebuild:eu-central-1:111122223333:build/${build.id ?? ''}`,
        'current-phase': 'COMPLETED',
        'additional-information': {
          'build-complete': true,
          'timeout-in-minutes': 60,
          source: { type: 'S3', location: `${BUCKET}/assets/tools.zip` },
          logs: { 'group-name': LOG_GROUP },
        },
      },
    });
    const information = last?.detail['additional-information'] as { 'build-start-time': string; phases: Record<string, string>[] };
    expect(information['build-start-time']).toMatch(/^[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d{2}:\d{2} [AP]M$/);
    expect(information.phases.at(-1)).toEqual({ 'phase-type': 'COMPLETED', 'start-time': expect.any(String) as string });
    const completed = world.events
      .filter((event) => event['detail-type'] === 'CodeBuild Build Phase Change')
      .map(({ detail }) => detail['completed-phase']);
    expect(completed).toEqual(
      phasesOf(build)
        .slice(0, -1)
        .map((phase) => phase.split(' ')[0]),
    );
  });

  test('a failed build uploads what it made all the same', async () => {
    world = await createStandInWorld({
      fake: ({ write }) => {
        write('report.json', 'failed');
        return 3;
      },
    });
    const build = await startAndEnd({ artifactsOverride: INTO_STAGING });
    expect(build.buildStatus).toBe('FAILED');
    expect(phasesOf(build)).toEqual(expect.arrayContaining(['BUILD FAILED', 'POST_BUILD SUCCEEDED', 'UPLOAD_ARTIFACTS SUCCEEDED']));
    expect(build.phases?.find(({ phaseType }) => phaseType === 'BUILD')?.contexts).toEqual([
      { statusCode: 'COMMAND_EXECUTION_ERROR', message: 'Error while executing command: fake. Reason: exit status 3' },
    ]);
    expect(world.textOf('staging/b/p/nonce/report.json')).toBe('failed');
  });

  test('a source that is not there fails the build before its commands', async () => {
    world = await createStandInWorld({ fake: succeeding });
    const build = await startAndEnd({ sourceLocationOverride: `${BUCKET}/assets/none.zip` });
    expect(build.buildStatus).toBe('FAILED');
    expect(phasesOf(build).slice(3)).toEqual(['DOWNLOAD_SOURCE FAILED', 'FINALIZING SUCCEEDED', 'COMPLETED -']);
  });

  test('a version that is not there, too', async () => {
    world = await createStandInWorld({ fake: succeeding });
    const build = await startAndEnd({ sourceVersion: 'another' });
    expect(build.phases?.find(({ phaseType }) => phaseType === 'DOWNLOAD_SOURCE')?.contexts?.[0]?.message).toMatch(/^NoSuchVersion/);
  });

  test('a fault that is asked for', async () => {
    world = await createStandInWorld({ fake: succeeding });
    world.standIn.faultAt('PROVISIONING', 'the host is gone');
    const build = await startAndEnd();
    expect(build.buildStatus).toBe('FAULT');
    expect(phasesOf(build).slice(2)).toEqual(['PROVISIONING FAULT', 'FINALIZING SUCCEEDED', 'COMPLETED -']);
  });

  test('stopped while it runs', async () => {
    let cutOff: AbortSignal | undefined;
    world = await createStandInWorld({
      fake: ({ signal }) => {
        cutOff = signal;
        return new Promise(() => undefined);
      },
    });
    const { id } = await start({ artifactsOverride: INTO_STAGING });
    await untilPhase(id, 'BUILD');
    await world.codebuild.send(new StopBuildCommand({ id }));
    await world.standIn.ended(id ?? '');
    const build = await get(id);
    expect(build.buildStatus).toBe('STOPPED');
    expect(phasesOf(build).slice(-3)).toEqual(['BUILD STOPPED', 'FINALIZING SUCCEEDED', 'COMPLETED -']);
    expect(cutOff?.aborted).toBe(true);
    // A second stop changes nothing.
    const { build: again } = await world.codebuild.send(new StopBuildCommand({ id }));
    expect(again?.buildStatus).toBe('STOPPED');
  });

  test('timed out, when its minutes are short', async () => {
    world = await createStandInWorld({ fake: () => new Promise(() => undefined), millisecondsPerMinute: 4 });
    const build = await startAndEnd({ timeoutInMinutesOverride: 5 });
    expect(build.buildStatus).toBe('TIMED_OUT');
    expect(phasesOf(build).slice(-3)).toEqual([expect.stringMatching(/ TIMED_OUT$/), 'FINALIZING SUCCEEDED', 'COMPLETED -']);
  });

  test('timed out in the queue', async () => {
    world = await createStandInWorld({ fake: () => new Promise(() => undefined), millisecondsPerMinute: 4, concurrentBuilds: 1 });
    const { id } = await start({ timeoutInMinutesOverride: 2160 });
    await untilPhase(id, 'BUILD');
    const build = await startAndEnd({ queuedTimeoutInMinutesOverride: 5 });
    expect(build.buildStatus).toBe('TIMED_OUT');
    expect(phasesOf(build)).toEqual(['SUBMITTED SUCCEEDED', 'QUEUED TIMED_OUT', 'FINALIZING SUCCEEDED', 'COMPLETED -']);
  });
});

describe('starting', () => {
  test('overrides count before the project, variable by variable', async () => {
    let seen: Readonly<Record<string, string>> = {};
    world = await createStandInWorld({
      fake: ({ environment }) => {
        seen = environment;
        return 0;
      },
      readParameter: (name) => Promise.resolve(name === '/secret' ? 'hush' : undefined),
    });
    const build = await startAndEnd({
      environmentVariablesOverride: [
        { name: 'MINE', value: 'start' },
        { name: 'TOKEN', value: '/secret', type: 'PARAMETER_STORE' },
      ],
      timeoutInMinutesOverride: 7,
      cacheOverride: { type: 'NO_CACHE' },
      logsConfigOverride: { cloudWatchLogs: { status: 'ENABLED', groupName: '/other', streamName: 'b/linux-1' } },
    });
    expect(seen).toMatchObject({
      OF_PROJECT: 'project',
      MINE: 'start',
      TOKEN: 'hush',
      CODEBUILD_BUILD_ID: build.id,
      AWS_REGION: 'eu-central-1',
    });
    expect(build.timeoutInMinutes).toBe(7);
    // The name of the parameter can be read, its value cannot.
    expect(build.environment?.environmentVariables).toContainEqual({ name: 'TOKEN', value: '/secret', type: 'PARAMETER_STORE' });
    expect(build.logs).toMatchObject({ groupName: '/other', streamName: `b/linux-1/${(build.id ?? '').split(':')[1] ?? ''}` });
  });

  test('a parameter that is not there fails the build', async () => {
    world = await createStandInWorld({ fake: succeeding });
    const build = await startAndEnd({ environmentVariablesOverride: [{ name: 'TOKEN', value: '/none', type: 'PARAMETER_STORE' }] });
    expect(build.phases?.find(({ phaseStatus }) => phaseStatus === 'FAILED')?.contexts).toEqual([
      { statusCode: 'Decrypted Variables Error', message: 'parameter does not exist: /none' },
    ]);
  });

  test('the same token with the same parameters is the same build for five minutes', async () => {
    let nowMs = Date.parse('2026-01-01T00:00:00Z');
    world = await createStandInWorld({ fake: succeeding, now: () => nowMs });
    const first = await start({ idempotencyToken: 'one' });
    nowMs += 4 * 60_000;
    expect((await start({ idempotencyToken: 'one' })).id).toBe(first.id);
    await expect(start({ idempotencyToken: 'one', timeoutInMinutesOverride: 9 })).rejects.toMatchObject({ name: 'InvalidInputException' });
    nowMs += 2 * 60_000;
    expect((await start({ idempotencyToken: 'one' })).id).not.toBe(first.id);
  });

  test('more than run at once are queued, more than that are refused', async () => {
    const released: (() => void)[] = [];
    world = await createStandInWorld({
      concurrentBuilds: 1,
      fake: () =>
        new Promise((resolve) => {
          released.push(() => {
            resolve(0);
          });
        }),
    });
    const builds = await Promise.all(Array.from({ length: 6 }, () => start()));
    await untilPhase(builds[0]?.id, 'BUILD');
    expect(await Promise.all(builds.slice(1).map(async ({ id }) => (await get(id)).currentPhase))).toEqual(Array<string>(5).fill('QUEUED'));
    await expect(start()).rejects.toMatchObject({
      name: 'AccountLimitExceededException',
      message: expect.stringContaining('in queue') as string,
    });
    await world.codebuild.send(new StopBuildCommand({ id: builds[5]?.id }));
    await world.standIn.ended(builds[5]?.id ?? '');
    for (const { id } of builds.slice(0, 5)) {
      await untilPhase(id, 'BUILD');
      released.shift()?.();
      await world.standIn.ended(id ?? '');
    }
    expect(world.standIn.builds().map(({ buildStatus }) => buildStatus)).toEqual([...Array<string>(5).fill('SUCCEEDED'), 'STOPPED']);
  });

  test('a project may have a limit of its own, and then nothing is queued', async () => {
    world = await createStandInWorld({ fake: () => new Promise(() => undefined) });
    world.standIn.putProject({ ...projectNamed(PROJECT, 'linux.yml'), concurrentBuildLimit: 1 });
    await start();
    await expect(start()).rejects.toMatchObject({ name: 'AccountLimitExceededException' });
  });

  test.each<[string, Partial<StartBuildCommandInput>, string]>([
    ['a project that is not there', { projectName: 'none' }, 'ResourceNotFoundException'],
    ['a timeout that is too short', { timeoutInMinutesOverride: 1 }, 'InvalidInputException'],
    [
      'a secondary source without identifier',
      { secondarySourcesOverride: [{ type: 'S3', location: 'bucket/key' }] },
      'InvalidInputException',
    ],
    [
      'the version of a source that there is not',
      { secondarySourcesOverride: [], secondarySourcesVersionOverride: [{ sourceIdentifier: 'job', sourceVersion: '1' }] },
      'InvalidInputException',
    ],
    [
      'a location without a key',
      { secondarySourcesOverride: [{ type: 'S3', location: 'bucket', sourceIdentifier: 'job' }] },
      'InvalidInputException',
    ],
    [
      'encryption of what is not stored',
      { artifactsOverride: { type: 'NO_ARTIFACTS', encryptionDisabled: true } },
      'InvalidInputException',
    ],
    ['a reserved variable', { environmentVariablesOverride: [{ name: 'CODEBUILD_X', value: '1' }] }, 'InvalidInputException'],
  ])('%s is refused', async (_, input, name) => {
    world = await createStandInWorld({ fake: succeeding });
    await expect(start(input)).rejects.toMatchObject({ name });
    expect(world.standIn.builds()).toEqual([]);
  });
});

describe('asking', () => {
  test('lists are newest first, a hundred a page, and not sorted where there are more', async () => {
    world = await createStandInWorld({ fake: () => 0, concurrentBuilds: 300 });
    world.standIn.holdAt('QUEUED'); // What becomes of them matters to nobody.
    await Promise.all(Array.from({ length: 205 }, () => start()));
    const ids = world.standIn.builds().map(({ id }) => id ?? '');
    ids.reverse();
    const pages: string[][] = [];
    for (let nextToken: string | undefined; ;) {
      const page = await world.codebuild.send(new ListBuildsForProjectCommand({ projectName: PROJECT, nextToken }));
      pages.push(page.ids ?? []);
      nextToken = page.nextToken;
      if (nextToken === undefined) break;
    }
    expect(pages.map((page) => page.length)).toEqual([100, 100, 5]);
    expect(pages.flat()).toEqual(ids);
    expect((await world.codebuild.send(new ListBuildsCommand({}))).ids).toEqual(ids.slice(0, 100));
    await expect(
      world.codebuild.send(new ListBuildsForProjectCommand({ projectName: PROJECT, sortOrder: 'DESCENDING' })),
    ).rejects.toMatchObject({ name: 'InvalidInputException' });
    await expect(world.codebuild.send(new BatchGetBuildsCommand({ ids: ids.slice(0, 101) }))).rejects.toMatchObject({
      name: 'InvalidInputException',
    });
  });

  test('a build that is not known is told, and an id that is none refuses the call', async () => {
    world = await createStandInWorld({ fake: succeeding });
    const { id = '' } = await start();
    const unknown = `${PROJECT}:00000000-0000-4000-8000-000000000000`;
    const answer = await world.codebuild.send(new BatchGetBuildsCommand({ ids: [id, unknown] }));
    expect(answer.builds?.map((build) => build.id)).toEqual([id]);
    expect(answer.buildsNotFound).toEqual([unknown]);
    await expect(world.codebuild.send(new BatchGetBuildsCommand({ ids: [id, 'nonsense'] }))).rejects.toMatchObject({
      name: 'InvalidInputException',
    });
    await expect(world.codebuild.send(new StopBuildCommand({ id: unknown }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('projects are made, changed, asked for and deleted', async () => {
    world = await createStandInWorld({ fake: succeeding });
    const { name, source, artifacts, environment, serviceRole } = projectNamed('another', 'linux.yml');
    const project = { name, source, artifacts, environment, serviceRole };
    await world.codebuild.send(new CreateProjectCommand(project));
    await expect(world.codebuild.send(new CreateProjectCommand(project))).rejects.toMatchObject({ name: 'ResourceAlreadyExistsException' });
    await world.codebuild.send(new UpdateProjectCommand({ name: 'another', timeoutInMinutes: 11 }));
    const found = await world.codebuild.send(new BatchGetProjectsCommand({ names: ['another', 'none'] }));
    expect(found.projects).toMatchObject([{ name: 'another', timeoutInMinutes: 11, source }]);
    expect(found.projectsNotFound).toEqual(['none']);
    await world.codebuild.send(new DeleteProjectCommand({ name: 'another' }));
    expect((await world.codebuild.send(new BatchGetProjectsCommand({ names: ['another'] }))).projects).toEqual([]);
  });

  test('failures on demand: before the operation, and after it', async () => {
    world = await createStandInWorld({ fake: succeeding });
    world.standIn.failNext('StartBuild', FAILURE.throttled);
    world.standIn.failNext('StartBuild', { ...FAILURE.broken, isLate: true });
    await expect(start()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(world.standIn.builds()).toHaveLength(0);
    await expect(start()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(world.standIn.builds()).toHaveLength(1);
    await start();
    expect(world.standIn.calls).toEqual(['StartBuild', 'StartBuild', 'StartBuild']);
  });

  test('builds stay in a phase as long as a test wants', async () => {
    world = await createStandInWorld({ fake: succeeding });
    const release = world.standIn.holdAt('PROVISIONING');
    const { id = '' } = await start();
    await untilPhase(id, 'PROVISIONING');
    release();
    expect((await world.standIn.ended(id)).buildStatus).toBe('SUCCEEDED');
  });
});

describe('a buildspec that runs', () => {
  const inShell = async (buildspec: string, input: Partial<StartBuildCommandInput> = {}) => {
    world = await createStandInWorld({ buildspec: `version: 0.2\n${buildspec}`, readParameter: () => Promise.resolve('hush hush') });
    return startAndEnd(input);
  };

  test('state goes from command to command and from phase to phase, output becomes artifacts', async () => {
    const build = await inShell(
      `
env:
  shell: bash
  variables: { OF_SPEC: spec, OF_PROJECT: overridden }
phases:
  install:
    commands:
      - mkdir -p out/deep && cd out
      - export KEPT="two words"
  build:
    commands:
      - echo "$KEPT|$OF_SPEC|$OF_PROJECT|$CODEBUILD_BUILD_SUCCEEDING" > state
      - |
        for i in 1 2; do
          echo "line $i: {}"
        done
      - printf 'größe' > "deep/a name.txt"
artifacts:
  base-directory: out
  files: ['**/*']
`,
      { artifactsOverride: { ...INTO_STAGING, encryptionDisabled: true } },
    );
    expect(build.buildStatus).toBe('SUCCEEDED');
    expect(world.textOf('staging/b/p/nonce/state')).toBe('two words|spec|project|1\n');
    expect(world.textOf('staging/b/p/nonce/deep/a name.txt')).toBe('größe');
    expect([...world.encryptions.values()]).toEqual(['none', 'none']);
    expect(world.standIn.log(build)).toContain('line 1: {}\nline 2: {}\n');
    expect(world.standIn.log(build)).toMatch(/^\[Container\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d Entering phase BUILD$/m);
  });

  test('a failed command skips the rest, but neither `finally` nor POST_BUILD nor the upload', async () => {
    const build = await inShell(
      `
phases:
  build:
    commands:
      - mkdir out
      - exit 7
      - echo never > out/never
    finally:
      - echo always > out/always
  post_build:
    commands:
      - echo "succeeding $CODEBUILD_BUILD_SUCCEEDING" > out/post
artifacts:
  base-directory: out
  files: ['**/*']
`,
      { artifactsOverride: INTO_STAGING },
    );
    expect(build.buildStatus).toBe('FAILED');
    expect(build.phases?.find(({ phaseType }) => phaseType === 'BUILD')?.contexts?.[0]).toEqual({
      statusCode: 'COMMAND_EXECUTION_ERROR',
      message: 'Error while executing command: exit 7. Reason: exit status 7',
    });
    expect([...world.artifacts.contents.keys()].filter((key) => key.startsWith('staging/')).sort()).toEqual([
      'staging/b/p/nonce/always',
      'staging/b/p/nonce/post',
    ]);
    expect(world.textOf('staging/b/p/nonce/post')).toBe('succeeding 0\n');
  });

  test.each([
    ['a failed INSTALL ends the build', 'install: { commands: [ "false" ] }', 'INSTALL FAILED', []],
    ['`on-failure: CONTINUE` goes on', 'install: { on-failure: CONTINUE, commands: [ "false" ] }', 'INSTALL FAILED', ['BUILD SUCCEEDED']],
    [
      '`on-failure: ABORT` leaves POST_BUILD out',
      'build: { on-failure: ABORT, commands: [ "false" ] }',
      'BUILD FAILED',
      ['UPLOAD_ARTIFACTS SUCCEEDED'],
    ],
  ])('%s', async (_, phase, failed, following) => {
    const build = await inShell(`phases:\n  ${phase}\n`);
    const phases = phasesOf(build);
    expect(build.buildStatus).toBe('FAILED');
    expect(phases).toContain(failed);
    expect(phases).toEqual(expect.arrayContaining(following));
    expect(phases.includes('POST_BUILD SUCCEEDED')).toBe(failed === 'INSTALL FAILED' && following.length > 0);
  });

  test('sources are unzipped without modes and links', async () => {
    world = await createStandInWorld({
      buildspec: `version: 0.2
phases:
  build:
    commands:
      - mkdir "$CODEBUILD_SRC_DIR/out"
      - cd "$CODEBUILD_SRC_DIR_job" && stat -c '%F %a %n' program link > "$CODEBUILD_SRC_DIR/out/stat"
artifacts: { base-directory: out, files: ['**/*'] }
`,
    });
    const job = await world.putZip('jobs/one.zip', [
      { path: 'program', content: Buffer.from('#!/bin/sh\n'), mode: 0o755 },
      { path: 'link', link: 'program' },
    ]);
    const build = await startAndEnd({
      artifactsOverride: INTO_STAGING,
      secondarySourcesOverride: [{ type: 'S3', location: `${BUCKET}/jobs/one.zip`, sourceIdentifier: 'job' }],
      secondarySourcesVersionOverride: [{ sourceIdentifier: 'job', sourceVersion: job.versionId }],
    });
    expect(build.buildStatus).toBe('SUCCEEDED');
    expect(world.textOf('staging/b/p/nonce/stat')).toBe('regular file 644 program\nregular file 644 link\n');
  });

  test('the environment is clean, and parameters are hidden in the log', async () => {
    process.env.SLIPWAY_TEST_LEAK = 'leaked';
    const build = await inShell(
      `
env: { parameter-store: { OF_STORE: /of/store } }
phases:
  build:
    commands:
      - echo "leak [$SLIPWAY_TEST_LEAK] store [$OF_STORE] home [$HOME]"
`,
    );
    delete process.env.SLIPWAY_TEST_LEAK;
    expect(world.standIn.log(build)).toMatch(/^leak \[\] store \[\*\*\*\] home \[\/.*\/root\]$/m);
  });

  test('nothing to upload fails the upload', async () => {
    const build = await inShell(`phases: {}\nartifacts: { base-directory: out, files: ['**/*'] }\n`, { artifactsOverride: INTO_STAGING });
    expect(build.buildStatus).toBe('FAILED');
    expect(build.phases?.find(({ phaseStatus }) => phaseStatus === 'FAILED')).toMatchObject({
      phaseType: 'UPLOAD_ARTIFACTS',
      contexts: [{ statusCode: 'CLIENT_ERROR', message: 'no matching base directory path found for out' }],
    });
  });

  test('a buildspec that cannot be read fails the download', async () => {
    world = await createStandInWorld({ buildspec: 'none.yml' });
    const build = await startAndEnd();
    expect(build.phases?.find(({ phaseStatus }) => phaseStatus === 'FAILED')).toMatchObject({
      phaseType: 'DOWNLOAD_SOURCE',
      contexts: [{ statusCode: 'YAML_FILE_ERROR', message: expect.stringMatching(/none\.yml: no such file or directory$/) as string }],
    });
  });

  test('a stop ends everything that the commands have started', async () => {
    world = await createStandInWorld({
      buildspec: 'version: 0.2\nphases:\n  build:\n    commands:\n      - sleep 600 & echo "sleeping $!"; wait\n',
    });
    const { id = '' } = await start();
    let pid: string | undefined;
    while (pid === undefined) pid = /^sleeping (\d+)$/m.exec(world.standIn.log(await get(id)))?.[1];
    await world.codebuild.send(new StopBuildCommand({ id }));
    expect((await world.standIn.ended(id)).buildStatus).toBe('STOPPED');
    expect(await isRunning(pid)).toBe(false);
  });
});

describe('logs', () => {
  test('are read page by page, and the last token comes back', async () => {
    world = await createStandInWorld({
      fake: ({ print }) => {
        for (let at = 0; at < 50; at++) print(`line ${at}\n`);
        return 0;
      },
    });
    const build = await startAndEnd();
    const place = { logGroupName: build.logs?.groupName, logStreamName: build.logs?.streamName, startFromHead: true, limit: 40 };
    const lines: string[] = [];
    let nextToken: string | undefined;
    for (;;) {
      const page = await world.logs.send(new GetLogEventsCommand({ ...place, nextToken }));
      lines.push(...(page.events ?? []).map(({ message }) => message ?? ''));
      if (page.nextForwardToken === nextToken) break;
      nextToken = page.nextForwardToken;
    }
    expect(lines.filter((line) => /^line \d+\n$/.test(line))).toHaveLength(50);
    expect(lines.join('')).toBe(world.standIn.log(build));
  });
});

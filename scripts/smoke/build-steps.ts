/** Steps about builds from start to end, as people ask for them. */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CopyObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Build } from '@aws-sdk/client-codebuild';
import { buildStatus } from '../../core/build/build-record';
import type { PlatformId } from '../../core/platform';
import { storageKey } from '../../core/storage-key';
import { makeProject } from './smoke-projects';
import { require, type SmokeStep } from './smoke-step';
import type { SmokeWorld } from './smoke-world';

const LINUX = 'linux-x86_64';
/** What says that the machine, and not the program, was at fault. */
const FAULTS_OF_THE_MACHINE = ['builder-crashed', 'builder-lost', 'start-lost', 'artifact-mismatch'];

export const linuxBuild: SmokeStep = {
  name: 'linux',
  title: 'A build on Linux, which nobody asks after',
  needs: ['deploy'],
  machines: [{ platform: LINUX, minutes: 4 }],
  proves: [
    {
      says: 'secondary sources may be given by override to a project that has none',
      page: 'https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html',
    },
    {
      says: 'the name of a log stream is the streamName of the override, a slash, and the uuid of the build',
      page: 'https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CloudWatchLogsConfig.html',
    },
    {
      says: 'the event of an ended build names the environment variables of its start, by which the build is found and settled',
      page: 'https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html',
    },
    {
      says: "with packaging NONE the files lie under path/name, and encryptionDisabled leaves them with the bucket's own encryption",
      page: 'https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html',
    },
  ],
  expected: 'succeeded, settled within a minute of the end by the event alone; stream ID/linux-x86_64-1/UUID',
  async run(world) {
    const project = makeProject(world, 'succeed', [LINUX]);
    const buildId = await world.start(project, LINUX);
    const record = await world.closedRecord(buildId);
    const { status, cause } = record.jobs[LINUX] ?? {};
    require(status === 'succeeded', `it has ${status ?? 'no job'}: ${cause?.message ?? ''} [${cause?.code ?? ''}]`);
    const build = await world.codeBuild(record, LINUX);
    requireStream(build, buildId);
    require(build.secondarySources?.length === 2, `CodeBuild took ${build.secondarySources?.length ?? 0} secondary sources`);
    world.kept.set('build', buildId);
    world.kept.set('project', project);
    const folder = world.folder('downloaded');
    await world.call(['download', buildId, '--target', 'aws', '--into', folder], project);
    const archive = `slipway-smoke-${LINUX}.tar.gz`;
    const sha256 = createHash('sha256')
      .update(readFileSync(path.join(folder, archive)))
      .digest('hex');
    world.kept.set('sha256', sha256);
    return `build ${buildId} succeeded; stream ${build.logs?.streamName ?? ''}; ${archive} sha256 ${sha256.slice(0, 16)}…`;
  },
};

function requireStream({ id, logs }: Build, buildId: string): void {
  const expected = `${buildId}/${LINUX}-1/${(id ?? '').split(':')[1] ?? ''}`;
  require(logs?.streamName === expected, `the log stream is '${logs?.streamName ?? ''}' and not '${expected}'`);
}

export const copiedChecksum: SmokeStep = {
  name: 'checksum',
  title: 'The digest of a copy',
  needs: ['linux'],
  notInEmulator: 'MiniStack 1.5.33 takes no digest of a copy',
  proves: [
    {
      says: 'CopyObject with ChecksumAlgorithm SHA256 takes the digest of what it copies, although the original has none',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html',
    },
    {
      says: 'CopyObject with If-None-Match replaces nothing: so two that settle a build at once keep the same version',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html',
    },
  ],
  expected: 'the SHA-256 that S3 tells is that of the record; the copy onto a file that is there gets 412',
  async run(world) {
    const record = await world.record(world.kept.get('build') ?? '');
    const { bucket } = await world.deployment();
    const [artifact] = record.jobs[LINUX]?.artifacts.filter(({ kind }) => kind === 'archive') ?? [];
    require(artifact !== undefined, 'the record has no archive');
    const Key = storageKey.buildFile(record.buildId, LINUX, artifact.file);
    const head = await world.s3.send(
      new HeadObjectCommand({ Bucket: bucket, Key, VersionId: artifact.versionId, ChecksumMode: 'ENABLED' }),
    );
    const told = Buffer.from(head.ChecksumSHA256 ?? '', 'base64').toString('hex');
    require(told === artifact.sha256, `S3 tells '${head.ChecksumSHA256 ?? 'nothing'}', the record ${artifact.sha256}`);
    const status = await statusOfSecondCopy(world, bucket, Key);
    require(status === 412, `a copy onto a file that is there got ${status}`);
    return `${artifact.file} ${told}; a second copy ${status}`;
  },
};

async function statusOfSecondCopy({ s3 }: SmokeWorld, Bucket: string, from: string): Promise<number> {
  const Key = `staging/smoke/${randomUUID()}`;
  const copy = () => s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${from}`, IfNoneMatch: '*' }));
  await copy();
  try {
    return (await copy()).$metadata.httpStatusCode ?? 0;
  } catch (thrown) {
    return (thrown as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
  }
}

export const failedBuild: SmokeStep = {
  name: 'failure',
  title: 'A build that fails in its check',
  needs: ['deploy'],
  machines: [{ platform: LINUX, minutes: 4 }],
  proves: [
    {
      says: 'what was made is uploaded although BUILD has failed, and with it the report that says why',
      page: 'https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html',
    },
    {
      says: 'the context of the failed phase reads "Error while executing command: … Reason: exit status N"',
      page: 'https://docs.aws.amazon.com/codebuild/latest/APIReference/API_PhaseContext.html',
    },
  ],
  expected: "failed by the program's own cause, with the step; UPLOAD_ARTIFACTS SUCCEEDED; the text of the context",
  async run(world) {
    const buildId = await world.start(makeProject(world, 'fail', [LINUX]), LINUX);
    const record = await world.closedRecord(buildId);
    const job = record.jobs[LINUX];
    requireOwnFailure(job);
    const { phases = [], buildStatus: status } = await world.codeBuild(record, LINUX);
    require(status === 'FAILED', `CodeBuild calls it ${status ?? ''}`);
    const upload = phases.find(({ phaseType }) => phaseType === 'UPLOAD_ARTIFACTS')?.phaseStatus;
    require(upload === 'SUCCEEDED', `UPLOAD_ARTIFACTS is ${upload ?? 'missing'}`);
    const context = phases.find(({ phaseType }) => phaseType === 'BUILD')?.contexts?.[0]?.message ?? '';
    require(/^Error while executing command: .+\. Reason: exit status \d+$/s.test(
      context.trim(),
    ), `the context of BUILD reads '${context}'`);
    return `${job?.cause?.code ?? ''} in step ${job?.cause?.step ?? ''}; '${context}'`;
  },
};

function requireOwnFailure(job: { readonly status: string; readonly cause?: { readonly code: string } | undefined } | undefined): void {
  require(job?.status === 'failed', `it has ${job?.status ?? 'no job'}`);
  const code = job.cause?.code ?? '';
  require(!FAULTS_OF_THE_MACHINE.includes(code), `its cause is '${code}': the report did not come through`);
}

export const cancelledBuild: SmokeStep = {
  name: 'cancel',
  title: 'A build that is cancelled',
  needs: ['deploy'],
  machines: [{ platform: LINUX, minutes: 1 }],
  proves: [
    {
      says: 'StopBuild ends a build as STOPPED, in whichever phase it is',
      page: 'https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StopBuild.html',
    },
  ],
  expected: 'cancelled, and STOPPED at CodeBuild',
  async run(world) {
    const buildId = await world.start(makeProject(world, 'hang', [LINUX]), LINUX);
    await world.call(['cancel', buildId, '--target', 'aws']);
    const record = await world.closedRecord(buildId);
    require(buildStatus(record) === 'cancelled', `it has ${buildStatus(record)}`);
    const { buildStatus: status } = await world.codeBuild(record, LINUX);
    require(status === 'STOPPED', `CodeBuild calls it ${status ?? ''}`);
    return `build ${buildId} cancelled, ${status}`;
  },
};

export const armBuild = platformStep('linux-arm64', {
  name: 'arm',
  title: 'A build on Linux for arm64',
  machines: [{ platform: 'linux-arm64', minutes: 4 }],
  notInEmulator: 'the emulator has no arm64 machine',
  proves: [
    {
      says: 'ARM_CONTAINER has BUILD_GENERAL1_LARGE with the image amazonlinux-aarch64-standard:3.0',
      page: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html',
    },
  ],
});

export const windowsBuild = platformStep('windows-x86_64', {
  name: 'windows',
  title: 'A build on Windows from end to end',
  machines: [{ platform: 'windows-x86_64', minutes: 12 }],
  notInEmulator: 'the emulator has no Windows machine; the way up to the compiler runs under Wine in test/full',
  proves: [
    {
      says: 'fetch-node.ps1 runs in Windows PowerShell 5.1 of windows-base:2022-1.0, with curl.exe and tar.exe of the system',
      page: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html',
    },
    {
      says: 'Nuitka compiles with the pinned zig, no Visual Studio, and what it makes runs',
      page: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html',
    },
    {
      says: 'WINDOWS_SERVER_2022_CONTAINER is run on demand, without a reserved fleet, although this page of the CDK says otherwise',
      page: 'https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_codebuild.WindowsImageType.html',
    },
  ],
});

function platformStep(platform: PlatformId, step: Omit<SmokeStep, 'run' | 'expected' | 'needs'>): SmokeStep {
  return {
    ...step,
    needs: ['deploy'],
    expected: 'succeeded, with its checks run on the machine that built it',
    async run(world) {
      const buildId = await world.start(makeProject(world, 'succeed', [platform]), platform);
      const { jobs } = await world.closedRecord(buildId);
      const { status = '', cause } = jobs[platform] ?? {};
      require(status === 'succeeded', `it has ${status}: ${cause?.message ?? ''} [${cause?.code ?? ''}], see slipway logs ${buildId}`);
      return `build ${buildId} succeeded`;
    },
  };
}

export const windowsFailure: SmokeStep = {
  name: 'windows-failure',
  title: 'A build on Windows that fails in its check',
  needs: ['windows'],
  machines: [{ platform: 'windows-x86_64', minutes: 10 }],
  notInEmulator: 'the emulator has no Windows machine',
  proves: [
    {
      says: 'the exit code of the builder goes through powershell.exe -File and makes BUILD fail, so that windows.yml needs no test of its own',
      page: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html',
    },
  ],
  expected: "failed by the program's own cause; BUILD FAILED at CodeBuild",
  async run(world: SmokeWorld) {
    const platform = 'windows-x86_64';
    const buildId = await world.start(makeProject(world, 'fail', [platform]), platform);
    const record = await world.closedRecord(buildId);
    requireOwnFailure(record.jobs[platform]);
    const { phases = [] } = await world.codeBuild(record, platform);
    const phase = phases.find(({ phaseType }) => phaseType === 'BUILD');
    require(phase?.phaseStatus === 'FAILED', `BUILD is ${phase?.phaseStatus ?? 'missing'}`);
    return `${record.jobs[platform]?.cause?.code ?? ''}; '${phase.contexts?.[0]?.message ?? ''}'`;
  },
};

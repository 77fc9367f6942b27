/** Owns what the steps of a smoke run work with: the command line as people run it, clients of AWS, and what earlier steps have made. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  StartBuildCommand,
  type Build,
  type StartBuildCommandInput,
} from '@aws-sdk/client-codebuild';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { buildStatus, isOpen, type BuildRecord } from '../../core/build/build-record';
import { costOf } from '../../core/deployment/build-prices';
import type { DeploymentConfig, DeploymentPlatform } from '../../core/deployment/deployment-config';
import type { PlatformId } from '../../core/platform';
import { storageKey } from '../../core/storage-key';
import { openLink, type HttpAnswer } from './open-link';

export interface SmokeOptions {
  readonly stage: string;
  readonly region: string;
  readonly account: string;
  readonly profile: string | undefined;
  /** Of `slipway deploy`; undefined takes the defaults. */
  readonly settings: string | undefined;
  /** Where `slipway.mjs` is, absolute. */
  readonly programDirectory: string;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

/** How a job fares, from its record in the bucket alone: a call of `status` would settle it. */
const RECORD_PAUSE_MS = 2_000;
const LONGEST_BUILD_MS = 60 * 60_000;

export class SmokeWorld {
  readonly options: SmokeOptions;
  readonly isEmulator = (process.env.AWS_ENDPOINT_URL ?? '') !== '';
  readonly s3: S3Client;
  readonly codebuild: CodeBuildClient;
  /** What earlier steps leave to later ones, by name. */
  readonly kept = new Map<string, string>();
  dollars = 0;
  private readonly home = mkdtempSync(path.join(tmpdir(), 'slipway-smoke-'));
  private config: DeploymentConfig | undefined;

  constructor(options: SmokeOptions) {
    this.options = options;
    const { region, profile } = options;
    const connection = { region, ...(profile === undefined ? {} : { profile }) };
    // One try each: a conflict is to be seen, not to be smoothed over.
    this.s3 = new S3Client({ ...connection, maxAttempts: 1, ...(this.isEmulator ? { forcePathStyle: true } : {}) });
    this.codebuild = new CodeBuildClient(connection);
  }

  /** A folder with these files. */
  folder(name: string, files: Readonly<Record<string, string>> = {}): string {
    const directory = path.join(this.home, name);
    mkdirSync(directory, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(directory, file), text);
    return directory;
  }

  close(): void {
    this.s3.destroy();
    this.codebuild.destroy();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** `slipway ARGS` for this stage, to its end, whatever that is. */
  run(args: readonly string[], cwd = this.home): Promise<Ended> {
    const { stage, region, profile, programDirectory } = this.options;
    const place = ['--stage', stage, '--region', region, ...(profile === undefined ? [] : ['--profile', profile])];
    const command = [path.join(programDirectory, 'slipway.mjs'), ...args, ...place, '--json'];
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, command, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.on('error', reject);
      child.on('close', (code) => {
        resolve({ exitCode: code ?? -1, stdout, stderr });
      });
    });
  }

  /** @returns its data @throws Error with what it said where it does not succeed */
  async call<T>(args: readonly string[], cwd?: string): Promise<T> {
    const ended = await this.run(args, cwd);
    const envelope = envelopeOf(ended);
    if (envelope.ok && ended.exitCode === 0) return envelope.data as T;
    const why = envelope.ok ? JSON.stringify(envelope.data) : `${envelope.error.message} [${envelope.error.code}]`;
    throw new Error(`slipway ${args.join(' ')} ended with ${ended.exitCode}: ${why}`);
  }

  /** The same, for a command that must fail. */
  async refusal(args: readonly string[], cwd?: string): Promise<Refusal> {
    const ended = await this.run(args, cwd);
    const envelope = envelopeOf(ended);
    if (!envelope.ok) return { ...envelope.error, exitCode: ended.exitCode };
    throw new Error(`slipway ${args.join(' ')} succeeded`);
  }

  /** What the doctor found of the deployment. */
  async deployment(): Promise<DeploymentConfig> {
    this.config ??= (await this.call<{ readonly config: DeploymentConfig }>(['doctor', '--target', 'aws'])).config;
    return this.config;
  }

  async machine(platform: PlatformId): Promise<DeploymentPlatform> {
    const machine = (await this.deployment()).platforms[platform];
    if (machine === undefined) throw new Error(`the settings of this stage leave out ${platform}`);
    return machine;
  }

  async record(buildId: string): Promise<BuildRecord> {
    const { bucket } = await this.deployment();
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: storageKey.buildRecord(buildId) }));
    return JSON.parse((await Body?.transformToString()) ?? '') as BuildRecord;
  }

  /** The record as soon as it is so. Nobody asks the deployment in the meantime. */
  async recordThat(buildId: string, isSo: (record: BuildRecord) => boolean): Promise<BuildRecord> {
    const endMs = Date.now() + LONGEST_BUILD_MS;
    for (;;) {
      const record = await this.record(buildId);
      if (isSo(record)) return record;
      if (Date.now() > endMs) throw new Error(`build ${buildId} is still ${buildStatus(record)} after an hour`);
      await wait(RECORD_PAUSE_MS);
    }
  }

  async closedRecord(buildId: string): Promise<BuildRecord> {
    const record = await this.recordThat(buildId, (seen) => !isOpen(buildStatus(seen)));
    const { cost } = await this.call<{ readonly cost: { readonly dollars: number } }>(['status', buildId, '--target', 'aws']);
    this.dollars += cost.dollars;
    return record;
  }

  async start(project: string, platform: PlatformId): Promise<string> {
    const args = ['start-build', '--target', 'aws', '--platform', platform, '--no-cache'];
    return (await this.call<{ readonly build: BuildRecord }>(args, project)).build.buildId;
  }

  async codeBuild(record: BuildRecord, platform: PlatformId): Promise<Build> {
    const runnerId = record.jobs[platform]?.runnerId;
    if (runnerId === undefined) throw new Error(`the record of ${record.buildId} names no build of CodeBuild`);
    return this.build(runnerId);
  }

  async build(id: string): Promise<Build> {
    const { builds: [build] = [] } = await this.codebuild.send(new BatchGetBuildsCommand({ ids: [id] }));
    if (build === undefined) throw new Error(`CodeBuild knows no build ${id}`);
    return build;
  }

  /** A build of the Linux project that Slipway knows nothing of. */
  async startDirectly(input: Omit<StartBuildCommandInput, 'projectName'>): Promise<Build> {
    const { project } = await this.machine('linux-x86_64');
    const { build } = await this.codebuild.send(
      new StartBuildCommand({ projectName: project, idempotencyToken: randomUUID(), timeoutInMinutesOverride: 10, ...input }),
    );
    if (build === undefined) throw new Error('CodeBuild started a build and told nothing of it');
    return build;
  }

  /** As soon as it is in this phase. @throws Error where it ends before */
  async phaseOf(build: Build, phase: string): Promise<void> {
    for (;;) {
      const { currentPhase, buildComplete, buildStatus: status } = await this.build(build.id ?? '');
      if (currentPhase === phase) return;
      if (buildComplete === true) throw new Error(`build ${build.id ?? ''} ended as ${status ?? ''} before ${phase}`);
      await wait(1_000);
    }
  }

  /** To its end; what it took is added to the bill. */
  async endOf(build: Build): Promise<Build> {
    for (;;) {
      const seen = await this.build(build.id ?? '');
      if (seen.buildComplete === true) {
        const tookMs = (seen.endTime?.getTime() ?? 0) - (seen.startTime?.getTime() ?? 0);
        this.dollars += costOf(await this.machine('linux-x86_64'), tookMs)?.dollars ?? 0;
        return seen;
      }
      await wait(RECORD_PAUSE_MS);
    }
  }

  open(link: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    const emulator = process.env.AWS_ENDPOINT_URL ?? '';
    return openLink(link, { headers: { 'user-agent': 'curl/8.0', ...headers }, ...(emulator === '' ? {} : { emulator }) });
  }
}

type Envelope = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: Omit<Refusal, 'exitCode'> };

function envelopeOf({ stdout, stderr, exitCode }: Ended): Envelope {
  try {
    return JSON.parse(stdout) as Envelope;
  } catch {
    throw new Error(`the command ended with ${exitCode} and without an envelope: ${stdout}${stderr}`);
  }
}

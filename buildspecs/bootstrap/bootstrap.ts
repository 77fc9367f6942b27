/**
 * Owns one job on a build machine: a report first, so that whatever happens is reported; then the job directory, the builder, and its outputs
 * where CodeBuild takes them from. It compiles nothing and fetches nothing.
 */
import path from 'node:path';
import { ReportSchema, type Report } from '../../core/job/report';
import type { Clock } from '../../core/ports/clock';
import type { Files } from '../../core/ports/files';
import type { Processes } from '../../core/ports/processes';
import { redact } from '../../core/redaction';
import { isSlipwayError, SlipwayError, toSlipwayError } from '../../core/slipway-error';
import { directory, placeOf, type BuildPlace } from './build-place';
import { builderEnvironment, secretValues } from './builder-environment';
import { createBuilderLog, type BuilderLog } from './builder-log';
import { failureReport } from './failure-report';
import { announcedIdentity, readJob, type JobIdentity, type ReadJob } from './job-identity';
import { restoreDownloads } from './restore-downloads';
import { limitOf, runBuilder, type BuilderEnd } from './run-builder';

export interface BootstrapPorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string>>;
  /** The Node that runs the builder, absolute. */
  readonly nodePath: string;
  /** To the machine's log. */
  write(text: string): void;
  /** Aborted when the machine is told to stop. */
  readonly stop: AbortSignal;
}

/** Less than this is a full disk: compilers fail in many ways on one. */
const FULL_DISK_BYTES = 64 * 1024 * 1024;
const RETRY_HINT = 'start the build again';

/** @returns the exit code: 0 when the build succeeded. CodeBuild uploads the report either way */
export async function bootstrap(ports: BootstrapPorts): Promise<0 | 1> {
  const job = new BuildJob(ports);
  try {
    return await job.run();
  } catch (thrown) {
    return await job.fail(toSlipwayError(thrown));
  }
}

/** What is known of the job by now: a failure reports as much of it as there is. */
class BuildJob {
  private readonly startedAtMs: number;
  private identity: JobIdentity | undefined;
  private secrets: readonly string[];
  private log: BuilderLog | undefined;
  private readonly warnings: string[] = [];

  constructor(private readonly ports: BootstrapPorts) {
    this.startedAtMs = ports.clock.nowMs();
    this.secrets = secretValues(ports.environment, []);
  }

  async run(): Promise<0 | 1> {
    const { environment, clock } = this.ports;
    this.identity = announcedIdentity(environment);
    await this.writeReport(this.lostError());
    const place = placeOf(environment, clock.nowMs());
    const job = await this.readJob(place);
    // Again, now that the job tells what it is about.
    await this.writeReport(this.lostError());
    await this.layOut(place);
    await this.restore(place);
    const end = await this.build(place, job);
    return await this.conclude(place, end);
  }

  /** Never throws: the report that was written first stays where this one cannot be written. */
  async fail(error: SlipwayError): Promise<1> {
    this.say(`error: ${error.message}`);
    if (error.hint !== undefined) this.say(`hint: ${error.hint}`);
    if (this.identity === undefined) return 1;
    try {
      await this.writeReport(error);
    } catch (thrown) {
      this.say(`error: the report cannot be written: ${toSlipwayError(thrown).message}`);
    }
    return 1;
  }

  private lostError(): SlipwayError {
    return new SlipwayError('builder-lost', 'the build machine ended before the build did', { hint: RETRY_HINT });
  }

  private async writeReport(error: SlipwayError): Promise<void> {
    const { environment, files, clock } = this.ports;
    if (this.identity === undefined) return;
    const step = this.log?.step();
    const report = failureReport(this.identity, error, {
      startedAtMs: this.startedAtMs,
      nowMs: clock.nowMs(),
      secrets: this.secrets,
      logTail: this.log?.tail() ?? [],
      warnings: this.warnings,
      ...(step === undefined ? {} : { step }),
    });
    const out = path.join(directory(environment, 'CODEBUILD_SRC_DIR'), 'out');
    await files.write(path.join(out, 'report.json'), report);
    // Nothing of a failed build may be taken for an artifact.
    for (const { name } of await files.list(out)) if (name !== 'report.json') await files.remove(path.join(out, name));
  }

  private async readJob(place: BuildPlace): Promise<ReadJob> {
    const announced = announcedIdentity(this.ports.environment);
    const job = readJob(await this.ports.files.readText(place.jobFile), announced);
    this.identity = job.identity;
    this.secrets = secretValues(this.ports.environment, job.secretNames);
    return job;
  }

  private async layOut({ jobDirectory, jobFile, sourceFile }: BuildPlace): Promise<void> {
    const { files } = this.ports;
    await files.remove(jobDirectory);
    await files.copy(jobFile, path.join(jobDirectory, 'in', 'job.json'));
    // Sources can be large: they are moved, where the file system can.
    await files.move(sourceFile, path.join(jobDirectory, 'in', 'source.zip'));
  }

  /** A cache that cannot be read must not fail a build that could be made without it. */
  private async restore({ downloadsDirectory }: BuildPlace): Promise<void> {
    try {
      const { kept, removed } = await restoreDownloads(this.ports.files, downloadsDirectory);
      // Where the folder is, the builder keeps what it fetches.
      await this.ports.files.makeDirectory(downloadsDirectory);
      this.say(`${kept} downloads in the cache${removed === 0 ? '' : `, ${removed} removed that were not what their name says`}`);
    } catch (thrown) {
      this.warnings.push(`the cache of downloads cannot be read: ${toSlipwayError(thrown).message}`);
      this.say(this.warnings.at(-1) ?? '');
    }
  }

  private async build(place: BuildPlace, job: ReadJob): Promise<BuilderEnd> {
    const { environment, processes, clock, nodePath, stop } = this.ports;
    const log = createBuilderLog((text) => this.ports.write(text), this.secrets);
    this.log = log;
    try {
      return await runBuilder(processes, {
        command: nodePath,
        args: [place.builderFile, place.jobDirectory],
        cwd: place.jobDirectory,
        env: builderEnvironment(environment, place),
        onOutput: (stream, chunk) => log.take(stream, chunk),
        stop,
        limit: limitOf(clock.nowMs(), place.deadlineMs, job.budgetMs),
      });
    } finally {
      log.finish();
    }
  }

  private async conclude(place: BuildPlace, end: BuilderEnd): Promise<0 | 1> {
    const { files } = this.ports;
    const built = path.join(place.jobDirectory, 'out');
    const report = await this.readBuilt(path.join(built, 'report.json'));
    if (report !== undefined && (report.outcome === 'succeeded' || end.kind === 'ended')) {
      await files.remove(place.outDirectory);
      await files.move(built, place.outDirectory);
      return report.outcome === 'succeeded' ? 0 : 1;
    }
    const error = end.kind === 'ended' ? await this.crashError(place, end.detail) : end.error;
    await this.makeRoom(place);
    return this.fail(error);
  }

  /** For the report, on a full disk. What is still held, as Windows does it with the folder of a process that is ending, stays. */
  private async makeRoom({ jobDirectory }: BuildPlace): Promise<void> {
    try {
      await this.ports.files.remove(jobDirectory);
    } catch (thrown) {
      this.warnings.push(`the job's folder could not be removed: ${toSlipwayError(thrown).message}`);
    }
  }

  /** The builder's own report, where it left one that is of this job. */
  private async readBuilt(file: string): Promise<Report | undefined> {
    try {
      const report = ReportSchema.parse(JSON.parse(await this.ports.files.readText(file)));
      return report.buildId === this.identity?.buildId ? report : undefined;
    } catch (thrown) {
      if (!isSlipwayError(thrown)) this.warnings.push('the builder left a report that cannot be read');
      return undefined;
    }
  }

  private async crashError(place: BuildPlace, detail: string): Promise<SlipwayError> {
    const freeBytes = await this.ports.files.freeBytes(place.jobDirectory);
    if (freeBytes < FULL_DISK_BYTES) {
      const hint = 'choose a larger compute type for the platform, or build less in one job';
      return new SlipwayError('disk-full', `the disk of the build machine is full: the builder ended without a report (${detail})`, {
        hint,
      });
    }
    const isKilled = detail.includes('SIGKILL') || detail === 'exit code 137';
    const hint = isKilled ? 'the machine may have run out of memory: choose a larger compute type for the platform' : RETRY_HINT;
    return new SlipwayError('builder-crashed', `the builder ended without a report (${detail})`, { hint });
  }

  private say(line: string): void {
    this.ports.write(`${redact(line, this.secrets)}\n`);
  }
}

/** A runner on the stand-in for CodeBuild, over HTTP by the real SDK clients, with a store that holds a source. */
import { createHash } from 'node:crypto';
import { createCodeBuildRunner, type CodeBuildRunnerPorts } from '../../../aws/build/build-runner-codebuild';
import type { Job } from '../../../core/job/job';
import type { PlatformId } from '../../../core/platform';
import type { JobTicket } from '../../../core/ports/build-runner';
import type { StandInOptions } from '../../cloud/codebuild/stand-in';
import { BUCKET, createStandInWorld, LOG_GROUP, PROJECT, projectNamed, type StandInWorld } from '../../cloud/codebuild/stand-in-world';
import { jobTemplate, openSource, SOURCE } from '../../fakes/builds';
import { createManualClock, type ManualClock } from '../../fakes/manual-clock';

export const SOURCE_SHA256 = createHash('sha256').update(SOURCE).digest('hex');
export const WINDOWS_PROJECT = 'slipway-prod-windows-x86_64';

export interface TicketChange {
  readonly job?: Partial<Job>;
  readonly timeoutMs?: number;
  readonly useCache?: boolean;
  readonly secrets?: Readonly<Record<string, string>>;
}

export function ticketFor({ job, ...change }: TicketChange, sourceVersionId = 'version of the source'): JobTicket {
  return {
    job: {
      ...jobTemplate(),
      buildId: '0123456789abcdef',
      platform: 'linux-x86_64',
      attempt: 1,
      createdAt: '2026-03-01T00:00:00.000Z',
      source: { sha256: SOURCE_SHA256, sizeBytes: SOURCE.length, epochSeconds: 315_532_800, projectPath: '.' },
      ...job,
    },
    nonce: '00112233445566778899aabbccddeeff',
    sourceKey: `sources/${SOURCE_SHA256}.zip`,
    sourceVersionId,
    timeoutMs: 3_600_000,
    useCache: true,
    ...change,
  };
}

export interface RunnerWorld extends StandInWorld {
  readonly runner: ReturnType<typeof createCodeBuildRunner>;
  readonly clock: ManualClock;
  /** Of a source that is stored. */
  ticket(change?: TicketChange): JobTicket;
}

export async function createRunnerWorld(
  options: Partial<StandInOptions> = {},
  ports: Partial<CodeBuildRunnerPorts> = {},
): Promise<RunnerWorld> {
  const clock = createManualClock('2026-03-01T00:00:00.000Z');
  const world = await createStandInWorld({ now: () => clock.nowMs(), ...options });
  world.standIn.putProject(projectNamed(WINDOWS_PROJECT, 'windows.yml'));
  const projects: Partial<Record<PlatformId, { readonly project: string; readonly logGroup: string }>> = {
    'linux-x86_64': { project: PROJECT, logGroup: LOG_GROUP },
    'windows-x86_64': { project: WINDOWS_PROJECT, logGroup: '/slipway/prod/builds/windows-x86_64' },
  };
  const runner = createCodeBuildRunner({ ...world, bucket: BUCKET, stage: 'prod', projects, clock, ...ports });
  const source = await world.artifacts.put(`sources/${SOURCE_SHA256}.zip`, openSource, {});
  return { ...world, runner, clock, ticket: (change = {}) => ticketFor(change, source.versionId) };
}

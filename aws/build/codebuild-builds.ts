/**
 * Owns the calls to CodeBuild about builds that were started: asking for them, finding one by its job, stopping one.
 * What a build says about its job belongs to `build-observation.ts`.
 */
import {
  BatchGetBuildsCommand,
  ListBuildsForProjectCommand,
  StopBuildCommand,
  type Build,
  type CodeBuildClient,
} from '@aws-sdk/client-codebuild';
import { JOB_VARIABLE } from '../../core/job/job-delivery';
import { PlatformIdSchema, type PlatformId } from '../../core/platform';
import type { Clock } from '../../core/ports/clock';
import { callCodeBuild, errorNameOf } from './codebuild-failure';

/** "The maximum number of builds you can request information about at any one time": limits.html of the user guide. */
const IDS_A_CALL = 100;
/** A lost build is looked for within minutes of its start: it is among the newest. A page holds 100. */
const MOST_PAGES = 5;
/** One id of another form would make CodeBuild refuse the whole call. */
const RUNNER_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{1,254}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface CodeBuildPorts {
  readonly codebuild: Pick<CodeBuildClient, 'send'>;
  readonly clock: Clock;
}

/** By what a build is found again. */
export interface JobName {
  readonly buildId: string;
  readonly platform: PlatformId;
  readonly attempt: number;
}

/** Those that CodeBuild knows. */
export async function getBuilds({ codebuild, clock }: CodeBuildPorts, runnerIds: readonly string[]): Promise<readonly Build[]> {
  const ids = [...new Set(runnerIds)].filter((runnerId) => RUNNER_ID.test(runnerId));
  const calls: Promise<readonly Build[]>[] = [];
  for (let at = 0; at < ids.length; at += IDS_A_CALL) {
    const command = new BatchGetBuildsCommand({ ids: ids.slice(at, at + IDS_A_CALL) });
    calls.push(callCodeBuild(clock, { operation: 'BatchGetBuilds' }, async () => (await codebuild.send(command)).builds ?? []));
  }
  return (await Promise.all(calls)).flat();
}

/** No error where the build has ended, or is not known: it does not run. */
export async function stopBuild(ports: CodeBuildPorts, runnerId: string): Promise<void> {
  if (!RUNNER_ID.test(runnerId)) return;
  await callCodeBuild(ports.clock, { operation: `StopBuild of '${runnerId}'` }, async () => {
    try {
      await ports.codebuild.send(new StopBuildCommand({ id: runnerId }));
    } catch (thrown) {
      if (errorNameOf(thrown) === 'ResourceNotFoundException') return;
      if (errorNameOf(thrown) !== 'InvalidInputException') throw thrown;
      const [build] = await getBuilds(ports, [runnerId]);
      if (build?.buildStatus === 'IN_PROGRESS') throw thrown;
    }
  });
}

/**
 * Newest first, which is the order without `sortOrder`: with it, a project of more than 100 builds is an error
 * (API_ListBuildsForProject.html).
 */
export async function findJob(
  ports: CodeBuildPorts,
  project: string,
  { buildId, platform, attempt }: JobName,
): Promise<string | undefined> {
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const command = new ListBuildsForProjectCommand({ projectName: project, ...(nextToken === undefined ? {} : { nextToken }) });
    const listed = await callCodeBuild(ports.clock, { operation: 'ListBuildsForProject', project }, () => ports.codebuild.send(command));
    const builds = await getBuilds(ports, listed.ids ?? []);
    const found = builds.find((build) => {
      const job = jobOf(build);
      return job?.buildId === buildId && job.platform === platform && job.attempt === attempt;
    });
    if (found?.id !== undefined) return found.id;
    nextToken = listed.nextToken;
    if (nextToken === undefined) return undefined;
  }
  return undefined;
}

/** Undefined for a build that somebody started by hand. */
export function jobOf({ environment }: Build): JobName | undefined {
  const valueOf = (name: string) => environment?.environmentVariables?.find((variable) => variable.name === name)?.value;
  const buildId = valueOf(JOB_VARIABLE.buildId);
  const platform = PlatformIdSchema.safeParse(valueOf(JOB_VARIABLE.platform)).data;
  const attempt = Number(valueOf(JOB_VARIABLE.attempt));
  return buildId === undefined || platform === undefined || !Number.isInteger(attempt) ? undefined : { buildId, platform, attempt };
}

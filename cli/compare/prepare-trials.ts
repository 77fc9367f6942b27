/** Owns getting what was built onto this machine's disk: each archive proved by its digest and unpacked, ready to be launched. */
import path from 'node:path';
import type { BuildService } from '../../core/build/build-service';
import type { Job } from '../../core/job/job';
import type { Files } from '../../core/ports/files';
import { selectArtifacts } from '../../core/build/fetch-artifacts';
import { trialTemplate } from '../../core/comparison/variant';
import { fetchFile } from '../fetch/fetch-file';
import { unpackArchive } from '../fetch/unpack-archive';
import { programIn, type UnpackedTrial } from './trial-launches';
import type { TrialBuild, TrialPlan } from './trial-builds';

export interface PreparedTrial extends Pick<UnpackedTrial, 'variant' | 'job'> {
  /** The folder that the archive was unpacked to. */
  readonly directory: string;
}

/** @throws SlipwayError `checksum-mismatch`, `archive-unsafe` */
export async function prepareTrial(
  files: Files,
  builds: BuildService,
  { variant, record }: TrialBuild,
  plan: TrialPlan,
  root: string,
): Promise<PreparedTrial | undefined> {
  const template = plan.project.templatesOf(variant)[plan.platform];
  if (record === undefined || template === undefined) return undefined;
  const directory = path.join(root, variant.id);
  const [archive] = selectArtifacts(record, [plan.platform]).filter(({ parts }) => parts[0]?.kind === 'archive');
  if (archive === undefined) return undefined;
  const fetched = await fetchFile(files, builds, record.buildId, root, archive);
  await unpackArchive(files, fetched.path, directory);
  await files.remove(fetched.path);
  return { variant, directory, job: jobOf(plan, record, trialTemplate(template, variant, plan.names)) };
}

/** The job as its builder had it. */
function jobOf(
  plan: TrialPlan,
  record: NonNullable<TrialBuild['record']>,
  template: Omit<Job, 'buildId' | 'attempt' | 'createdAt' | 'platform' | 'source'>,
): Job {
  const { project, platform } = plan;
  const { sha256, sizeBytes } = record.source;
  return {
    ...template,
    buildId: record.buildId,
    attempt: record.jobs[platform]?.attempt ?? 1,
    createdAt: record.createdAt,
    platform,
    source: { sha256, sizeBytes, epochSeconds: project.epochSeconds, projectPath: project.projectPath },
  };
}

/** One binary of an unpacked trial, as it is launched. */
export function unpackedTrial({ variant, job, directory }: PreparedTrial, binary: string): UnpackedTrial {
  return { variant, job, program: programIn(job, binary, directory) };
}

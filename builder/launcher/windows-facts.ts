/** Owns what the launcher of a job's binary says of itself on Windows; elsewhere nobody reads it. */
import posix from 'node:path/posix';
import type { Job, JobBinary } from '../../core/job/job';
import type { BuilderContext } from '../builder-context';
import { inJob, projectDirectory } from '../job-layout';
import type { LauncherSpec } from './launcher-spec';

export function windowsFacts(context: BuilderContext, job: Job, { icon, console }: JobBinary): NonNullable<LauncherSpec['windows']> {
  const { version, title = job.name, publisher, description } = job;
  return {
    console,
    version,
    title,
    ...(icon === undefined ? {} : { icon: inJob(context, posix.join(projectDirectory(job), icon)) }),
    ...(publisher === undefined ? {} : { publisher }),
    ...(description === undefined ? {} : { description }),
  };
}

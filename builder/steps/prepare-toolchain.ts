/** Owns the step that makes ready what compiles: the source, and for each language what its programs need. */
import type { Job } from '../../core/job/job';
import type { Tool } from '../../core/job/report';
import type { BuildTools } from '../build-tools';
import type { BuilderContext } from '../builder-context';
import { inJob, SOURCE_DIRECTORY, SOURCE_FILE } from '../job-layout';
import { pythonsOf, type JobProgram } from '../job-programs';
import { planWarnings, refuseImpossible } from '../plan';
import { preparePythons, type PreparedPython } from './prepare-python';

export interface PreparedToolchain {
  /** In the order of the job. */
  readonly programs: readonly PreparedPython[];
  readonly tools: readonly Tool[];
  readonly warnings: readonly string[];
}

/** @throws SlipwayError whatever the toolchain cannot get, and `checksum-mismatch` for a source archive that is not the named one */
export async function prepareToolchain(context: BuilderContext, job: Job, tools: BuildTools): Promise<PreparedToolchain> {
  const wanted = refuseImpossible(job, await tools.inspectHost(context, job.binaries[0]?.python?.version));
  await tools.unpackSource(context, inJob(context, SOURCE_FILE), { sha256: job.source.sha256 }, inJob(context, SOURCE_DIRECTORY));
  const pythons = await preparePythons(context, job, tools, pythonsOf(wanted));
  return {
    programs: inOrderOf(wanted, pythons.programs),
    tools: pythons.tools,
    warnings: [...planWarnings(job, wanted), ...pythons.warnings],
  };
}

function inOrderOf<T extends JobProgram>(wanted: readonly JobProgram[], prepared: readonly T[]): readonly T[] {
  return wanted.flatMap(({ binary }) => prepared.filter((program) => program.binary.name === binary.name));
}

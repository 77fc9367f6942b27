/** Owns the step that makes ready what compiles: the source, and for each language what its programs need. */
import type { Job } from '../../core/job/job';
import type { Tool } from '../../core/job/report';
import type { BuildTools } from '../build-tools';
import type { BuilderContext } from '../builder-context';
import { inJob, SOURCE_DIRECTORY, SOURCE_FILE } from '../job-layout';
import { nodesOf, pythonsOf, type JobProgram } from '../job-programs';
import { planWarnings, refuseImpossible } from '../plan';
import { prepareNodes, type PreparedNode } from './prepare-node';
import { preparePythons, type PreparedPython } from './prepare-python';

export type PreparedProgram = PreparedPython | PreparedNode;

export interface PreparedToolchain {
  /** In the order of the job. */
  readonly programs: readonly PreparedProgram[];
  readonly tools: readonly Tool[];
  readonly warnings: readonly string[];
}

/** @throws SlipwayError whatever the toolchain cannot get, and `checksum-mismatch` for a source archive that is not the named one */
export async function prepareToolchain(context: BuilderContext, job: Job, tools: BuildTools): Promise<PreparedToolchain> {
  const pythonVersion = job.binaries.find(({ python }) => python !== undefined)?.python?.version;
  // What compiles is looked for where something is compiled: a Node program needs nothing of this machine.
  const host = pythonVersion === undefined ? context : await tools.inspectHost(context, pythonVersion);
  const wanted = refuseImpossible(job, host);
  await tools.unpackSource(context, inJob(context, SOURCE_FILE), { sha256: job.source.sha256 }, inJob(context, SOURCE_DIRECTORY));
  const pythons = await preparePythons(context, job, tools, pythonsOf(wanted));
  const nodes = await prepareNodes(context, job, tools, nodesOf(wanted));
  return {
    programs: inOrderOf<PreparedProgram>(wanted, [...pythons.programs, ...nodes.programs]),
    tools: [...pythons.tools, ...nodes.tools],
    warnings: [...planWarnings(job, wanted, host.platform), ...pythons.warnings, ...nodes.warnings],
  };
}

function inOrderOf<T extends JobProgram>(wanted: readonly JobProgram[], prepared: readonly T[]): readonly T[] {
  return wanted.flatMap(({ binary }) => prepared.filter((program) => program.binary.name === binary.name));
}

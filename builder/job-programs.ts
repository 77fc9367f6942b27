/** Owns telling a job's binaries apart by the language that they are written in. */
import type { Job, JobBinary, JobNode, JobPython } from '../core/job/job';
import { SlipwayError } from '../core/slipway-error';

export interface PythonBinary {
  readonly binary: JobBinary;
  readonly python: JobPython;
}

export interface NodeBinary {
  readonly binary: JobBinary;
  readonly node: JobNode;
}

/** A binary of a job with what its language needs: `'python' in program` tells which one it is. */
export type JobProgram = PythonBinary | NodeBinary;

/** In the order of the job. */
export function programsOf(job: Pick<Job, 'binaries'>): readonly JobProgram[] {
  return job.binaries.map((binary) => {
    if (binary.python !== undefined) return { binary, python: binary.python };
    if (binary.node !== undefined) return { binary, node: binary.node };
    throw new SlipwayError('job-invalid', `the binary '${binary.name}' is of no language that this builder knows`, {
      hint: 'start the build with the same release of slipway that builds it',
    });
  });
}

export function pythonsOf(programs: readonly JobProgram[]): readonly PythonBinary[] {
  return programs.filter((program) => 'python' in program);
}

export function nodesOf(programs: readonly JobProgram[]): readonly NodeBinary[] {
  return programs.filter((program) => 'node' in program);
}

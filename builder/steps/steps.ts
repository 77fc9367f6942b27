/**
 * Owns the order of a build: one list, which the plan prints and the build follows.
 * A step that does not apply is skipped with a reason that the report keeps.
 */
import type { Job } from '../../core/job/job';
import { compilerOf } from '../../core/recipe/compiler-options';

export const STEP_NAMES = ['toolchain', 'compile', 'assemble', 'sign', 'check', 'pack', 'sbom', 'checksum', 'report'] as const;

export type StepName = (typeof STEP_NAMES)[number];

export interface StepDescription {
  readonly name: StepName;
  /** For a person. */
  readonly title: string;
  readonly skipReason?: string;
}

export function describeSteps(job: Job): readonly StepDescription[] {
  return STEP_NAMES.map((name) => describeStep(name, job));
}

export function describeStep(name: StepName, job: Job): StepDescription {
  switch (name) {
    case 'toolchain':
      return { name, title: `Unpack the source and set up ${languagesOf(job)}, with the dependencies` };
    case 'compile':
      return { name, title: `Compile ${job.binaries.map((binary) => compileTitle(job, binary.name)).join(', ')}` };
    case 'assemble':
      return { name, title: 'Lay out the folders that ship' };
    case 'sign':
      return { name, title: 'Sign', skipReason: 'signing is not configured' };
    case 'check':
      return { name, title: 'Prove that the binaries run, and measure them' };
    case 'pack':
      return { name, title: `Pack as ${job.package.format} and judge the budgets` };
    case 'sbom':
      return { name, title: 'List what is in the archives' };
    case 'checksum':
      return { name, title: 'Write the checksums' };
    case 'report':
      return { name, title: 'Write the report' };
  }
}

function compileTitle(job: Job, name: string): string {
  const python = job.binaries.find((binary) => binary.name === name)?.python;
  if (python === undefined) return `${name} with esbuild`;
  const { mode, decision } = python;
  const origin = decision === undefined ? '' : `, chosen by slipway compare on ${decision.decidedAt.slice(0, 10)}`;
  return `${name} with ${compilerOf(python) === 'nuitka' ? 'Nuitka' : 'PyInstaller'} (${mode}${origin})`;
}

/** `Python 3.12 and Node 26` */
function languagesOf(job: Job): string {
  const named = job.binaries.flatMap(({ python, node }) => [
    ...(python === undefined ? [] : [`Python ${python.version}`]),
    ...(node === undefined ? [] : [`Node ${node.version}`]),
  ]);
  return [...new Set(named)].join(' and ');
}

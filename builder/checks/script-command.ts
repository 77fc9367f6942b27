/** Owns how a check's script is started: with the runtime and the dependencies of the language that its binary is written in. */
import path from 'node:path';
import type { Job, JobScriptCheck } from '../../core/job/job';
import { PLATFORMS } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import type { BuilderContext } from '../builder-context';
import { inJob, pathsOf, projectDirectory } from '../job-layout';
import { programsOf } from '../job-programs';

export interface ScriptCommand {
  /** Absolute. */
  readonly command: string;
  /** Before the script's own arguments. */
  readonly args: readonly string[];
  /** Beside what every program may expect. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * It runs from the unpacked source, where it finds the project's other files.
 *
 * @throws SlipwayError `node-not-supported-yet`
 */
export function scriptCommand(context: BuilderContext, job: Job, check: JobScriptCheck): Promise<ScriptCommand> {
  const program = programsOf(job).find(({ binary }) => binary.name === check.binary);
  if (program === undefined) throw new SlipwayError('internal', `the check '${check.script}' is of no binary of the job`);
  const script = path.join(inJob(context, projectDirectory(job)), ...check.script.split('/'));
  if (!('python' in program)) {
    throw new SlipwayError('node-not-supported-yet', `'${check.script}' checks a Node program`, { hint: 'leave the check out' });
  }
  const { environment } = pathsOf(job, program.binary, program.python);
  const interpreter = PLATFORMS[context.platform].os === 'windows' ? 'Scripts/python.exe' : 'bin/python';
  // The source stays as it was unpacked.
  return Promise.resolve({ command: inJob(context, `${environment}/${interpreter}`), args: [script], env: { PYTHONDONTWRITEBYTECODE: '1' } });
}

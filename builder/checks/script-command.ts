/** Owns how a check's script is started: with the runtime and the dependencies of the language that its binary is written in. */
import path from 'node:path';
import type { Job, JobScriptCheck } from '../../core/job/job';
import { PLATFORMS } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import { ensureNodeRuntime } from '../../toolchain/node/node-tools';
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
 * It runs from the unpacked source, where it finds the project's other files and what was installed for the build.
 *
 * @throws SlipwayError whatever keeps a runtime from being fetched
 */
export async function scriptCommand(context: BuilderContext, job: Job, check: JobScriptCheck): Promise<ScriptCommand> {
  const program = programsOf(job).find(({ binary }) => binary.name === check.binary);
  if (program === undefined) throw new SlipwayError('internal', `the check '${check.script}' is of no binary of the job`);
  const script = path.join(inJob(context, projectDirectory(job)), ...check.script.split('/'));
  if ('node' in program) {
    // Of this host, which is where the check runs: the built program brings its own.
    const runtime = await ensureNodeRuntime(context, program.node.version, context.platform);
    return { command: runtime.main, args: [script], env: {} };
  }
  const { environment } = pathsOf(job, program.binary, program.python);
  const interpreter = PLATFORMS[context.platform].os === 'windows' ? 'Scripts/python.exe' : 'bin/python';
  // The source stays as it was unpacked.
  return { command: inJob(context, `${environment}/${interpreter}`), args: [script], env: { PYTHONDONTWRITEBYTECODE: '1' } };
}

/** Owns compiling one Python program: its main file, its data, the compiler's commands, and finding the result. */
import { compilerOf } from '../../core/recipe/compiler-options';
import type { Job } from '../../core/job/job';
import { formatDuration } from '../../core/quantity';
import { SlipwayError } from '../../core/slipway-error';
import type { BuilderContext } from '../builder-context';
import type { CompiledProgram, CompileRequest } from '../compilers/python-compiler';
import { prepareEntry } from '../entry/prepare-entry';
import { inJob, projectDirectory, toJobRelative } from '../job-layout';
import { compilerAdapter, compileRequest } from '../plan';
import type { Transcript } from '../report/transcript';
import { runPlanned } from '../run-planned';
import { stageData } from '../stage-data';
import type { PreparedPython } from './prepare-python';

export interface CompiledPython {
  readonly program: CompiledProgram;
  readonly command: readonly string[];
  readonly warnings: readonly string[];
}

/** @throws SlipwayError `compile-failed` and those of entry and data */
export async function compilePython(
  context: BuilderContext,
  transcript: Transcript,
  job: Job,
  prepared: PreparedPython,
): Promise<CompiledPython> {
  const { binary, python, host, environment } = prepared;
  const base = compileRequest(job, host, prepared);
  const entry = await prepareEntry(context, {
    binary,
    python,
    compiler: compilerOf(python),
    paths: base.paths,
    projectDirectory: projectDirectory(job),
    environment,
  });
  await stageData(context, binary, python, base.paths, projectDirectory(job));
  const request = compileRequest(job, host, prepared, {
    ...(entry.distribution === undefined ? {} : { distribution: entry.distribution }),
    searchPath: entry.searchPath.map((directory) => toJobRelative(context, directory)),
  });
  return { ...(await compileOne(context, transcript, request, environment.env)), warnings: entry.warnings };
}

async function compileOne(
  context: BuilderContext,
  transcript: Transcript,
  request: CompileRequest,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly program: CompiledProgram; readonly command: readonly string[] }> {
  const adapter = compilerAdapter(request.python);
  for (const input of adapter.inputs(request)) await context.files.write(inJob(context, input.path), input.text);
  for (const directory of [request.paths.compileDirectory, request.paths.scratchDirectory]) {
    await context.files.makeDirectory(inJob(context, directory));
  }
  let last: readonly string[] = [];
  for (const command of adapter.commands(request)) {
    const result = await runPlanned(context, transcript, command, env);
    if (result.exitCode !== 0) {
      const how = result.signal === null ? `exit code ${result.exitCode}` : `signal ${result.signal}`;
      throw new SlipwayError(
        'compile-failed',
        `compiling '${request.binary.name}' failed with ${how} after ${formatDuration(result.durationMs)}`,
        {
          hint: 'the compiler says why in the last lines of the log',
          details: { binary: request.binary.name, exitCode: result.exitCode, signal: result.signal },
        },
      );
    }
    last = command.argv;
  }
  return { program: await adapter.findProgram(context, request), command: last };
}

/** Owns writing the main file that a binary is compiled from, and what is known of the program only once it is installed. */
import path from 'node:path';
import { closest } from 'fastest-levenshtein';
import type { PythonCompiler } from '../../core/recipe/compiler-options';
import type { JobBinary, JobPython } from '../../core/job/job';
import { SlipwayError } from '../../core/slipway-error';
import type { PythonEnvironment } from '../../toolchain/environment/python-environment';
import type { BuilderContext } from '../builder-context';
import { ENTRY_INSPECTOR, EntryAnswerSchema, type EntryAnswer } from './entry-inspector';
import { scriptStub, START_MODULE, startModule } from './entry-stub';
import { inJob, mainFileName, type BinaryPaths } from '../job-layout';

export interface PreparedEntry {
  /** The program's own distribution, whose metadata is to be found at run time. */
  readonly distribution: string | undefined;
  /** Folders that the compiler searches beside the environment, absolute. */
  readonly searchPath: readonly string[];
  readonly warnings: readonly string[];
}

export interface EntryRequest {
  readonly binary: JobBinary;
  readonly python: JobPython;
  readonly compiler: PythonCompiler;
  readonly paths: BinaryPaths;
  /** Relative to the job directory. */
  readonly projectDirectory: string;
  readonly environment: Pick<PythonEnvironment, 'interpreter' | 'env'>;
}

/**
 * Writes the main file and the start module beside it.
 * @throws SlipwayError `script-not-found`, `entry-not-found`, `module-not-runnable`, `entry-syntax`
 */
export async function prepareEntry(context: BuilderContext, request: EntryRequest): Promise<PreparedEntry> {
  const { binary, python, compiler, paths } = request;
  const directory = inJob(context, paths.entryDirectory);
  await context.files.write(path.join(directory, `${START_MODULE}.py`), startModule(binary.name, compiler));
  const answer = await inspectEntry(context, request);
  const mainFile = path.join(directory, mainFileName(python));
  switch (answer.answer) {
    case 'script':
      await context.files.write(mainFile, scriptStub(binary.name, answer.entryPoint));
      return {
        distribution: python.distribution ?? answer.distribution ?? undefined,
        searchPath: [],
        warnings: answer.broken.map((place) => `'${binary.name}' ends when it imports a module with a syntax error: ${place}`),
      };
    case 'main':
      await context.files.write(mainFile, answer.source);
      return {
        distribution: python.distribution ?? answer.distribution ?? undefined,
        searchPath: answer.searchPath,
        warnings: answer.hasCompilerComments
          ? [`options in 'nuitka-project' comments of '${binary.name}' are not used: write them under options in slipway.yaml`]
          : [],
      };
    default:
      throw entryError(binary, python, answer, inJob(context, request.projectDirectory));
  }
}

async function inspectEntry(context: BuilderContext, request: EntryRequest): Promise<EntryAnswer> {
  const { binary, python, environment, paths } = request;
  const projectDirectory = inJob(context, request.projectDirectory);
  const [kind, name] =
    python.script !== undefined
      ? (['script', python.script] as const)
      : python.module !== undefined
        ? (['module', python.module] as const)
        : (['entry', path.join(projectDirectory, python.entry ?? '')] as const);
  const program = path.join(inJob(context, paths.scratchDirectory), 'inspect_entry.py');
  await context.files.write(program, ENTRY_INSPECTOR);
  const result = await context.processes.run({
    command: environment.interpreter,
    // -I leaves PYTHONUTF8 unread, and on Windows paths beyond the code page would arrive garbled.
    args: ['-I', '-X', 'utf8', program],
    cwd: projectDirectory,
    env: environment.env,
    stdin: JSON.stringify({ kind, name, projectDirectory, startModule: START_MODULE }),
    timeoutMs: 120_000,
    keepBytes: 32 * 1024 * 1024,
  });
  if (result.exitCode !== 0) {
    throw new SlipwayError('compile-failed', `Python could not look at the entry of '${binary.name}': ${lastLine(result.stderr)}`, {
      details: { exitCode: result.exitCode, stderr: result.stderr.slice(-2_000) },
    });
  }
  return EntryAnswerSchema.parse(JSON.parse(result.stdout));
}

function entryError(
  binary: JobBinary,
  python: JobPython,
  answer: Exclude<EntryAnswer, { answer: 'script' | 'main' }>,
  projectDirectory: string,
): SlipwayError {
  const key = `binaries.${binary.name}.python`;
  switch (answer.answer) {
    case 'no-script': {
      const wanted = python.script ?? '';
      const nearest = answer.known.length === 0 ? '' : `, did you mean '${closest(wanted, [...answer.known])}'?`;
      return new SlipwayError('script-not-found', `no installed distribution has the script '${wanted}'${nearest}`, {
        hint: `name one of [project.scripts] in pyproject.toml under ${key}.script`,
        details: { known: answer.known },
      });
    }
    case 'no-file':
      return new SlipwayError('entry-not-found', `there is no file '${python.entry ?? ''}' in the source archive`, {
        hint: `${key}.entry is relative to the folder of slipway.yaml; slipway plan --files lists what the archive holds`,
      });
    case 'no-module':
      if (python.script !== undefined) {
        return new SlipwayError('script-not-found', `the script '${python.script}' cannot be started: ${answer.reason}`, {
          hint: 'correct [project.scripts] in pyproject.toml, or let the package hold that module',
        });
      }
      return new SlipwayError('module-not-runnable', `'${python.module ?? ''}' cannot be run as a module: ${answer.reason}`, {
        hint: `name a module that python -m can run under ${key}.module, or a file under ${key}.entry`,
      });
    case 'syntax': {
      const file = answer.file === '' ? (python.entry ?? python.module ?? '') : path.relative(projectDirectory, answer.file);
      const place = answer.line === null ? file : `${file}:${answer.line}`;
      return new SlipwayError('entry-syntax', `syntax error in '${place}': ${answer.message}`, {
        hint: answer.text === null ? `correct ${file}` : `correct the line '${answer.text}'`,
        details: { file, line: answer.line },
      });
    }
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

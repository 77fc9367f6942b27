/** Owns what the builder asks of a Python compiler: its commands, from data alone, and where it left its result. */
import posix from 'node:path/posix';
import type { PlannedCommand } from '../../core/job/build-plan';
import type { Host } from '../../core/host/host';
import type { Job, JobBinary, JobPython } from '../../core/job/job';
import { PLATFORMS } from '../../core/platform';
import type { BuilderContext } from '../builder-context';
import type { BinaryPaths } from '../job-layout';

/** Everything that a compiler's command depends on; the plan and the build fill it alike. */
export interface CompileRequest {
  readonly job: Job;
  readonly binary: JobBinary;
  readonly python: JobPython;
  readonly paths: BinaryPaths;
  readonly host: Host;
  /** The program's own distribution, where it is known. */
  readonly distribution: string | undefined;
  /** Folders of the source tree to search, relative to the job directory. */
  readonly searchPath: readonly string[];
}

/** What a compiler left, absolute paths. */
export interface CompiledProgram {
  readonly form: 'folder' | 'file';
  /** The folder that ships, or the single file. */
  readonly path: string;
  /** Name of the executable in the folder, or of the file. */
  readonly executable: string;
  /** For a single file: the same program as a folder, because a packed file does not show what it needs. */
  readonly inspectDirectory?: string;
}

export interface PythonCompilerAdapter {
  /** Run in this order in the folder `work`; argument paths are relative to it. The last one makes what ships. */
  commands(request: CompileRequest): readonly PlannedCommand[];
  /** Files that the commands read, beside the main file and the data: path relative to the job directory, and text. */
  inputs(request: CompileRequest): readonly { readonly path: string; readonly text: string }[];
  /** @throws SlipwayError `compile-failed` when there is not exactly one result */
  findProgram(context: BuilderContext, request: CompileRequest): Promise<CompiledProgram>;
}

/** A path of the job directory as seen from `work`. */
export function fromWork(relative: string): string {
  return posix.relative('work', relative);
}

/** The environment's interpreter as seen from `work`. */
export function environmentPython(request: CompileRequest): string {
  const isWindows = PLATFORMS[request.job.platform].os === 'windows';
  return fromWork(`${request.paths.environment}/${isWindows ? 'Scripts/python.exe' : 'bin/python'}`);
}

/**
 * Variables that every compile gets. `$JOB` and `$SLIPWAY_HOME` stand for the directories, which no plan knows.
 * @param hashSeed a fixed one: the order of sets gets into the output
 */
export function compileEnvironment(request: CompileRequest, hashSeed: string): Record<string, string> {
  const separator = PLATFORMS[request.job.platform].os === 'windows' ? ';' : ':';
  const searchPath = request.searchPath.map((directory) => `$JOB/${directory}`).join(separator);
  return {
    SOURCE_DATE_EPOCH: String(request.job.source.epochSeconds),
    PYTHONHASHSEED: hashSeed,
    ...(searchPath === '' ? {} : { PYTHONPATH: searchPath }),
  };
}

/** Windows resources hold four numbers: `1.4.0rc2` becomes `1.4.0.0`. */
export function fourNumbers(version: string): string {
  const numbers = /^v?(\d+(?:\.\d+){0,3})/.exec(version)?.[1]?.split('.') ?? [];
  return [...numbers, '0', '0', '0', '0']
    .slice(0, 4)
    .map((number) => String(Math.min(Number(number), 65_535)))
    .join('.');
}

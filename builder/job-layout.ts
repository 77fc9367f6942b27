/**
 * Owns where things lie in a job directory while it is built. Paths are relative to it, with forward slashes,
 * so that a plan made anywhere names what a build does anywhere.
 */
import path from 'node:path';
import posix from 'node:path/posix';
import { compilerOf } from '../core/recipe/compiler-options';
import { VENDOR_DIRECTORY, type Job, type JobBinary, type JobPython } from '../core/job/job';
import type { BuilderContext } from './builder-context';

export const JOB_FILE = 'in/job.json';
export const SOURCE_FILE = 'in/source.zip';
export const REPORT_FILE = 'report.json';
export const OUT_DIRECTORY = 'out';
export const WORK_DIRECTORY = 'work';
export const SOURCE_DIRECTORY = 'work/source';
/** What ships, one folder per archive. */
export const PACKAGE_DIRECTORY = 'work/package';
/** Becomes `out/` by one rename. */
export const STAGED_DIRECTORY = 'work/out';

/**
 * The main file of scripts and modules. It must not be called like the binary:
 * a `kit.py` beside the start module would hide the package `kit` from its own compiler.
 */
export const STUB_FILE = '_slipway_main.py';

/** Where one binary's pieces lie. */
export interface BinaryPaths {
  /** The virtual environment; binaries with equal dependencies and compiler share one. */
  readonly environment: string;
  readonly entryDirectory: string;
  readonly mainFile: string;
  /** `include.data`, laid out as it shall lie beside the program. */
  readonly dataDirectory: string;
  /** What the compiler writes. */
  readonly compileDirectory: string;
  readonly scratchDirectory: string;
}

/** An absolute path on this host. */
export function inJob(context: Pick<BuilderContext, 'jobDirectory'>, relative: string): string {
  return path.join(context.jobDirectory, ...relative.split('/'));
}

/** The other way round: a path of this host, relative to the job directory with forward slashes. */
export function toJobRelative(context: Pick<BuilderContext, 'jobDirectory'>, absolute: string): string {
  return path.relative(context.jobDirectory, absolute).split(path.sep).join('/');
}

/** The folder of slipway.yaml in the unpacked source. */
export function projectDirectory(job: Pick<Job, 'source'>): string {
  return posix.join(SOURCE_DIRECTORY, job.source.projectPath);
}

/** Where vendored wheels are, if the archive holds any. */
export const VENDORED_WHEELS = posix.join(SOURCE_DIRECTORY, VENDOR_DIRECTORY);

/** A file keeps its own name, for its tracebacks; modules and scripts get the stub's. */
export function mainFileName(python: Pick<JobPython, 'entry'>): string {
  return python.entry === undefined ? STUB_FILE : posix.basename(python.entry);
}

export function pathsOf(job: Pick<Job, 'binaries'>, binary: JobBinary, python: JobPython): BinaryPaths {
  const entryDirectory = `work/entry/${binary.name}`;
  return {
    environment: `work/environments/${environmentName(job, python)}`,
    entryDirectory,
    mainFile: `${entryDirectory}/${mainFileName(python)}`,
    dataDirectory: `work/data/${binary.name}`,
    compileDirectory: `work/compile/${binary.name}`,
    scratchDirectory: `work/scratch/${binary.name}`,
  };
}

/** Called after the first binary that needs it. */
function environmentName(job: Pick<Job, 'binaries'>, python: JobPython): string {
  const key = environmentKey(python);
  return job.binaries.find((binary) => binary.python !== undefined && environmentKey(binary.python) === key)?.name ?? 'main';
}

function environmentKey(python: JobPython): string {
  const { lock, requirements, extras, groups } = python.dependencies;
  const compression = compilerOf(python) === 'nuitka' && python.mode === 'onefile';
  return JSON.stringify([python.version, lock, requirements, [...extras].sort(), [...groups].sort(), compilerOf(python), compression]);
}

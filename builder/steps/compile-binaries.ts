/** Owns the step that compiles: each binary in the way of its language, to one folder or file that ships. */
import { compilerOf } from '../../core/recipe/compiler-options';
import type { Job, JobBinary } from '../../core/job/job';
import type { BinaryReport } from '../../core/job/report';
import type { BuilderContext } from '../builder-context';
import { takeCompileCache } from '../compile-cache';
import type { CompiledProgram } from '../compilers/python-compiler';
import type { Transcript } from '../report/transcript';
import { compilePython } from './compile-python';
import type { PreparedToolchain } from './prepare-toolchain';

export interface CompiledBinary {
  readonly binary: JobBinary;
  /** What made it, and in which form it ships: as the report says it. */
  readonly compiler: BinaryReport['compiler'];
  readonly mode: BinaryReport['mode'];
  readonly program: CompiledProgram;
  /** The exact command that made what ships. */
  readonly command: readonly string[];
}

export interface CompiledBinaries {
  readonly binaries: readonly CompiledBinary[];
  readonly warnings: readonly string[];
}

/** @throws SlipwayError `compile-failed` and those of entry and data */
export async function compileBinaries(
  context: BuilderContext,
  transcript: Transcript,
  job: Job,
  toolchain: PreparedToolchain,
): Promise<CompiledBinaries> {
  const warnings = [...(await takeCompileCache(context, job))];
  const binaries: CompiledBinary[] = [];
  for (const prepared of toolchain.programs) {
    const { binary, python } = prepared;
    const { program, command, ...compiled } = await compilePython(context, transcript, job, prepared);
    warnings.push(...compiled.warnings);
    binaries.push({ binary, compiler: compilerOf(python), mode: python.mode, program, command });
  }
  return { binaries, warnings };
}

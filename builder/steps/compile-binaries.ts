/** Owns the step that compiles: each binary in the way of its language, to one folder or file that ships. */
import { compilerOf } from '../../core/recipe/compiler-options';
import type { Job, JobBinary } from '../../core/job/job';
import type { BinaryReport } from '../../core/job/report';
import type { NodeRuntime } from '../../toolchain/node/node-tools';
import type { BuildTools } from '../build-tools';
import type { BuilderContext } from '../builder-context';
import { takeCompileCache } from '../compile-cache';
import type { CompiledProgram } from '../compilers/python-compiler';
import type { Transcript } from '../report/transcript';
import { compileNode, type BundledPackage } from './compile-node';
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
  /** Of a Node program: the runtime that it ships with, and the packages of which anything is in its bundle. */
  readonly node?: { readonly runtime: NodeRuntime; readonly packages: readonly BundledPackage[] };
}

export interface CompiledBinaries {
  readonly binaries: readonly CompiledBinary[];
  readonly warnings: readonly string[];
}

/** @throws SlipwayError `compile-failed` and those of entry and data */
export async function compileBinaries(
  context: BuilderContext,
  tools: Pick<BuildTools, 'compileLauncher'>,
  transcript: Transcript,
  job: Job,
  toolchain: PreparedToolchain,
): Promise<CompiledBinaries> {
  const warnings = [...(await takeCompileCache(context, job))];
  const binaries: CompiledBinary[] = [];
  for (const prepared of toolchain.programs) {
    const { binary } = prepared;
    if ('node' in prepared) {
      const { warnings: found, packages, ...compiled } = await compileNode(context, tools, transcript, job, prepared);
      warnings.push(...found);
      binaries.push({ binary, compiler: 'node', mode: 'standalone', ...compiled, node: { runtime: prepared.runtime, packages } });
      continue;
    }
    const { warnings: found, ...compiled } = await compilePython(context, transcript, job, prepared);
    warnings.push(...found);
    binaries.push({ binary, compiler: compilerOf(prepared.python), mode: prepared.python.mode, ...compiled });
  }
  return { binaries, warnings };
}

/** Owns writing down what was decided, beside slipway.yaml, where it is committed. What was decided of others stays. */
import path from 'node:path';
import type { Comparison, ComparedBinary } from '../../core/comparison/comparison';
import { programOf } from '../../core/comparison/comparison';
import { DECISION_FILE, formatDecisions, withDecision, type CompilerDecision } from '../../core/comparison/compiler-decision';
import { variantOf } from '../../core/comparison/variant';
import type { PythonCompiler } from '../../core/recipe/compiler-options';
import type { Files } from '../../core/ports/files';
import { readDecisions } from '../project/compiler-choice';

export interface RecordedDecisions {
  /** Absolute. */
  readonly file: string;
  /** The binaries that something was decided of. */
  readonly decided: readonly string[];
}

/** @throws SlipwayError `decision-invalid` where the file that is there cannot be read; nothing is lost then */
export async function recordDecisions(files: Files, projectDirectory: string, comparison: Comparison): Promise<RecordedDecisions> {
  const file = path.join(projectDirectory, DECISION_FILE);
  const before = await readDecisions(files, projectDirectory);
  const decided = comparison.binaries.filter(({ verdict }) => verdict.choice !== null);
  const after = decided.reduce((decisions, binary) => {
    const decision = decisionOf(comparison, binary);
    return decision === undefined ? decisions : withDecision(decisions, { binary: binary.name, platform: comparison.platform, decision });
  }, before);
  if (decided.length > 0) await files.write(file, formatDecisions(after));
  return { file, decided: decided.map(({ name }) => name) };
}

function decisionOf(comparison: Comparison, binary: ComparedBinary): CompilerDecision | undefined {
  const { choice, criterion, reason } = binary.verdict;
  if (choice === null) return undefined;
  const { comparedAt, requestedBy, host, source } = comparison;
  return {
    compiler: choice,
    mode: binary.mode,
    criterion,
    reason,
    decidedAt: comparedAt,
    decidedBy: requestedBy,
    nuitka: triedOf(comparison, binary, 'nuitka'),
    pyinstaller: triedOf(comparison, binary, 'pyinstaller'),
    python: versionOf(comparison, choice, binary.mode, 'python'),
    host: host.description,
    source,
  };
}

function triedOf(comparison: Comparison, binary: ComparedBinary, compiler: PythonCompiler): CompilerDecision['nuitka'] {
  const { launches } = programOf(binary, variantOf(compiler, binary.mode).id) ?? {};
  const version = versionOf(comparison, compiler, binary.mode, compiler);
  if (launches === undefined) return { version };
  const { planned, attempted, failed, cold, warm } = launches;
  return {
    version,
    launches: { planned, attempted, failed },
    ...(cold === undefined ? {} : { coldMs: cold.medianMs }),
    ...(warm === undefined ? {} : { warmMs: warm.medianMs }),
  };
}

/** As the build itself tells its tools; a build that ended before it had them tells none. */
function versionOf({ variants }: Comparison, compiler: PythonCompiler, mode: ComparedBinary['mode'], tool: string): string {
  const own = variants.find(({ variant }) => variant === variantOf(compiler, mode).id);
  return own?.tools.find(({ name }) => name === tool)?.version ?? 'unknown';
}

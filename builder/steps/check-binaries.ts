/** Owns the verdict on the checks: the evidence of every binary is gathered first, then the build fails by what failed. */
import type { Job } from '../../core/job/job';
import { toldBaseline } from '../../core/host/glibc-floor';
import type { BinaryReport, CheckResult, Requires } from '../../core/job/report';
import { SlipwayError } from '../../core/slipway-error';
import type { BuildTools } from '../build-tools';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { inspectRuntime } from '../node/inspect-runtime';
import type { CompiledBinary } from './compile-binaries';

/** All binaries, also after one has failed: a person wants to know everything at once. */
export async function checkBinaries(
  context: BuilderContext,
  tools: Pick<BuildTools, 'checkBinary'>,
  job: Job,
  built: readonly BuiltBinary[],
  compiled: readonly CompiledBinary[],
): Promise<readonly BinaryReport[]> {
  const reports: BinaryReport[] = [];
  for (const binary of built) {
    const evidence = await tools.checkBinary(context, job, binary);
    const origin = compiled.find((entry) => entry.binary.name === binary.name);
    if (origin === undefined) throw new SlipwayError('internal', `the binary '${binary.name}' was not compiled`);
    reports.push({
      name: binary.name,
      compiler: origin.compiler,
      mode: origin.mode,
      command: [...origin.command],
      ...evidence,
      ...(origin.node === undefined
        ? {}
        : { checks: [...evidence.checks, await inspectRuntime(context, job, binary, origin.node.runtime)] }),
      requires: withBaseline(evidence.requires, origin.command),
    });
  }
  return reports;
}

/** Files say a processor level only where it is above the first: what the compiler was told is the least. */
function withBaseline(requires: Requires, command: readonly string[]): Requires {
  const levels = [requires.cpuBaseline, toldBaseline(command)].filter((level) => level !== undefined).sort();
  const cpuBaseline = levels.at(-1);
  return cpuBaseline === undefined ? requires : { ...requires, cpuBaseline };
}

/** @throws SlipwayError `check-failed` that names each failed check with its reason */
export function refuseFailedChecks(binaries: readonly BinaryReport[]): void {
  const failed = binaries.flatMap((binary) => failedOf(binary.checks).map((check) => ({ ...check, binary: binary.name })));
  if (failed.length === 0) return;
  const told = failed.map(({ binary, title, reason }) => `${binary}: ${title}${reason === undefined ? '' : `: ${reason}`}`);
  throw new SlipwayError('check-failed', `${failed.length === 1 ? 'a check' : `${failed.length} checks`} failed: ${told.join('; ')}`, {
    hint: 'the binaries were built; correct the program or the checks in slipway.yaml',
    details: { failed: failed.map(({ binary, title }) => ({ binary, title })) },
  });
}

/** @throws SlipwayError `budget-exceeded` that says by how much */
export function refuseBrokenBudgets(results: readonly CheckResult[]): void {
  const broken = failedOf(results);
  if (broken.length === 0) return;
  throw new SlipwayError('budget-exceeded', broken.map(({ title, reason }) => `${title}: ${reason ?? 'exceeded'}`).join('; '), {
    hint: 'make it smaller or faster, or raise the budget in slipway.yaml',
    details: { budgets: broken.map(({ title }) => title) },
  });
}

function failedOf(results: readonly CheckResult[]): readonly CheckResult[] {
  return results.filter(({ outcome }) => outcome === 'failed');
}

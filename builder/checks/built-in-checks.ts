/**
 * Owns the checks that every binary gets without being asked for: that it runs on a machine and in a place
 * that is not the one where it was built. All use the same probe; each changes one thing.
 */
import path from 'node:path';
import type { Job } from '../../core/job/job';
import { PLATFORMS } from '../../core/platform';
import type { CheckResult } from '../../core/job/report';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { judgeClosedPipe } from './closed-pipe';
import type { Place, Probe } from './probe';
import { checkReadOnlyFolder } from './read-only-folder';
import type { Finding } from './finding';
import { emptyEnvironment, type Environment, legacyEncoding, plainEnvironment, type Room, withoutHome } from './room';
import { tailOf } from '../process-end';

interface Subject {
  readonly context: BuilderContext;
  readonly job: Job;
  readonly binary: BuiltBinary;
  readonly probe: Probe;
  /** A copy of the folder under a name with spaces and letters beyond ASCII. */
  readonly copy: BuiltBinary;
  /** For what a check makes. */
  readonly workDirectory: string;
}

interface BuiltInCheck {
  readonly title: string;
  perform(subject: Subject): Promise<Finding>;
}

const AWKWARD_NAME = 'Ünïcode prögram – 資料 (1)';

/** In the order of the report. */
const BUILT_IN_CHECKS: readonly BuiltInCheck[] = [
  { title: 'empty environment', perform: (subject) => tryIn(subject, { environmentOf: inEmpty(subject.context) }) },
  { title: 'started through a link', perform: startThroughLink },
  { title: 'path with spaces and non-ASCII letters', perform: (subject) => tryIn(subject, { executable: subject.copy.executable }) },
  { title: 'read-only folder', perform: ({ context, probe, copy }) => checkReadOnlyFolder(context, probe, copy) },
  { title: 'without HOME', perform: (subject) => tryIn(subject, { environmentOf: changed(subject.context, withoutHome) }) },
  { title: 'output into a closed pipe', perform: writeIntoClosedPipe },
  { title: 'output into a pipe with a legacy code page', perform: writeInLegacyEncoding },
];

/** Titles as they stand in a report, in its order. */
export const BUILT_IN_TITLES: readonly string[] = BUILT_IN_CHECKS.map(({ title }) => `built-in: ${title}`);

/** @param probe has succeeded in a plain place before */
export async function performBuiltInChecks(context: BuilderContext, job: Job, binary: BuiltBinary, probe: Probe): Promise<CheckResult[]> {
  const workDirectory = path.join(context.jobDirectory, 'work', `checks-${binary.name}`);
  const directory = path.join(workDirectory, AWKWARD_NAME, path.basename(binary.directory));
  const copy = { ...binary, directory, executable: path.join(directory, path.relative(binary.directory, binary.executable)) };
  const results: CheckResult[] = [];
  try {
    await context.files.remove(workDirectory);
    await context.files.copy(binary.directory, directory);
    for (const check of BUILT_IN_CHECKS) {
      const startedAtMs = context.clock.nowMs();
      const finding = await check.perform({ context, job, binary, probe, copy, workDirectory });
      results.push(toResult(check.title, finding, context.clock.nowMs() - startedAtMs));
    }
  } finally {
    await context.files.remove(workDirectory);
  }
  return results;
}

/** All of them, for a binary that cannot be run or does not even run in a plain place. */
export function skipBuiltInChecks(reason: string): CheckResult[] {
  return BUILT_IN_CHECKS.map(({ title }) => toResult(title, { skipReason: reason }, 0));
}

function toResult(title: string, { fault, note, skipReason }: Finding, durationMs: number): CheckResult {
  const reason = [fault ?? skipReason, note].filter((part) => part !== undefined).join('; ');
  const outcome = fault !== undefined ? 'failed' : skipReason !== undefined ? 'skipped' : 'passed';
  return { title: `built-in: ${title}`, kind: 'built-in', outcome, ...(reason === '' ? {} : { reason }), durationMs };
}

async function tryIn({ probe, binary }: Subject, place: Partial<Place>): Promise<Finding> {
  const { fault } = await probe.attempt({ executable: binary.executable, ...place });
  return fault === undefined ? {} : { fault };
}

/** What the check itself sets stays, apart from PATH: the program asked for it. */
function inEmpty({ platform, environment }: BuilderContext) {
  return (room: Room, own: Environment): Environment => ({ ...own, ...emptyEnvironment(platform, environment, room) });
}

function changed({ platform, environment }: BuilderContext, change: (environment: Environment) => Environment) {
  return (room: Room, own: Environment): Environment => change({ ...plainEnvironment(platform, environment, room), ...own });
}

async function startThroughLink(subject: Subject): Promise<Finding> {
  const { context, binary, workDirectory } = subject;
  if (PLATFORMS[context.platform].os === 'windows') return { skipReason: 'links need a privilege on Windows' };
  const link = path.join(workDirectory, 'bin', path.basename(binary.executable));
  await context.files.makeDirectory(path.dirname(link));
  await context.files.link(binary.executable, link);
  return tryIn(subject, { executable: link });
}

async function writeIntoClosedPipe({ probe, binary }: Subject): Promise<Finding> {
  if (probe.kind === 'ready') return { skipReason: `the probe '${probe.title}' needs its output` };
  const { result, fault } = await probe.attempt({ executable: binary.executable, closeStdout: true });
  return result === undefined ? { fault: fault ?? 'it did not start' } : judgeClosedPipe(result);
}

/** Letters that the code page lacks may come out otherwise, so only the end is judged, not the text. */
async function writeInLegacyEncoding(subject: Subject): Promise<Finding> {
  const { context, probe, binary } = subject;
  const place = { executable: binary.executable, environmentOf: changed(context, legacyEncoding) };
  const { result, fault } = await probe.attempt(place);
  if (result === undefined) return fault === undefined ? {} : { fault };
  if (/\bUnicode(?:En|De)codeError\b/.test(result.stderr)) {
    return { fault: ['it cannot write what the code page lacks', ...tailOf('standard error', result.stderr)].join('; ') };
  }
  const endFault = probe.judgeEnd(result);
  return endFault === undefined ? {} : { fault: endFault };
}

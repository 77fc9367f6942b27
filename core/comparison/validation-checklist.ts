/**
 * Owns the validation checklist of a sidecar (sections A to E of the packaging spike), ticked as far as launches can prove it.
 * What belongs to the host program itself stays open, and says where it is shown: a tick without evidence would be worth nothing.
 */
import type { LaunchFault } from '../job/launch-fault';
import { programOf, type ChecklistItem, type ComparedBinary, type ComparedProgram } from './comparison';
import { titleOf, variantOf } from './variant';

const HOST = 'to be seen in the host program; no launch of the sidecar alone shows it';

/** @param binary with a `ready` check; what is ticked is about the variant that was chosen, else Nuitka's */
export function buildChecklist(binary: ComparedBinary): readonly ChecklistItem[] {
  const { id } = variantOf(binary.verdict.choice ?? 'nuitka', binary.mode);
  const program = programOf(binary, id);
  const launched = programFacts(program, titleOf(id), binary);
  return [...configuration(), ...launchBehaviour(launched), ...protocol(launched), ...failurePaths(launched), ...reliability(launched)];
}

interface LaunchFacts {
  readonly of: string;
  readonly attempted: number;
  readonly succeeded: number;
  readonly within: string;
  readonly command: string;
  readonly count: (...faults: readonly LaunchFault[]) => number;
}

function programFacts(program: ComparedProgram | undefined, title: string, { name, launch }: ComparedBinary): LaunchFacts {
  const each = program?.launches.each ?? [];
  const count = (...faults: readonly LaunchFault[]) => each.filter(({ fault }) => faults.some((wanted) => wanted === fault)).length;
  const succeeded = each.filter(({ fault }) => fault === undefined).length;
  return {
    of: `${succeeded} of ${each.length} launches of ${title}`,
    attempted: each.length,
    succeeded,
    within: `${launch.withinMs ?? 0} ms`,
    command: [name, ...launch.args].join(' '),
    count,
  };
}

function item(section: string, text: string, isProved: boolean, evidence: string): ChecklistItem {
  return { section, text, isProved, evidence };
}

function configuration(): readonly ChecklistItem[] {
  const section = 'A. Tauri configuration';
  return [
    item(section, '`externalBin` path is configured for the sidecar binary target.', false, HOST),
    item(section, 'Per-platform naming conventions are handled (`.exe` on Windows, none on macOS/Linux).', false, HOST),
    item(section, 'Sidecar binary is included in app packaging output.', false, HOST),
  ];
}

function launchBehaviour({ of, attempted, succeeded, command, count }: LaunchFacts): readonly ChecklistItem[] {
  const section = 'B. Launch behavior';
  const crashes = count('exited-before-ready', 'crashed-after-ready', 'binary-missing', 'not-executable', 'wrong-architecture');
  const orphans = count('orphaned-child', 'ignored-stop');
  return [
    item(
      section,
      'Host invokes sidecar with expected args/env.',
      succeeded > 0,
      `launched as '${command}' in a plain environment: ${of} succeeded`,
    ),
    item(
      section,
      'Sidecar process starts without immediate crash.',
      attempted > 0 && crashes === 0,
      `${crashes} of ${attempted} crashed or did not start`,
    ),
    item(
      section,
      'Host observes process PID and retains lifecycle handle.',
      attempted > 0 && orphans === 0,
      `${orphans} of ${attempted} had to be killed or left a process behind`,
    ),
  ];
}

function protocol({ of, attempted, succeeded, within, count }: LaunchFacts): readonly ChecklistItem[] {
  const section = 'C. READY protocol parsing';
  const [twice, late] = [count('ready-twice'), count('not-ready-in-time', 'malformed-json')];
  return [
    item(
      section,
      'Host reads sidecar stdout stream reliably.',
      attempted > 0 && late === 0,
      `${late} of ${attempted} said nothing that can be read in time`,
    ),
    item(section, 'Host detects `READY` token line exactly once.', succeeded > 0 && twice === 0, `${of} said it once, ${twice} twice`),
    item(
      section,
      'Host transitions internal state to “ready” only after READY token.',
      succeeded > 0,
      `each was timed by the token itself: ${of}`,
    ),
    item(
      section,
      'READY timeout is enforced and emits actionable error logs.',
      late > 0,
      late > 0
        ? `${late} launches were ended after ${within}, with what they had said`
        : `a limit of ${within} was kept; nothing came so late that it showed`,
    ),
  ];
}

function failurePaths({ count }: LaunchFacts): readonly ChecklistItem[] {
  const section = 'D. Failure-path checks';
  const seen = (text: string, what: string, ...faults: readonly LaunchFault[]) => {
    const times = count(...faults);
    const evidence =
      times > 0 ? `seen ${times} times, ${what}` : 'did not occur here; the host has to be tried with a sidecar that does it';
    return item(section, text, times > 0, evidence);
  };
  return [
    seen('Missing binary path returns clear startup error.', 'told as binary-missing', 'binary-missing'),
    seen('Non-zero sidecar exit before READY is surfaced to UI/logs.', 'told with exit code and stderr', 'exited-before-ready'),
    seen('Malformed stdout (no READY) triggers timeout path.', 'told with what was written', 'not-ready-in-time', 'malformed-json'),
    seen('Stderr output is captured and attached to diagnostics.', 'with the end of stderr', 'exited-before-ready', 'crashed-after-ready'),
  ];
}

function reliability({ of, attempted, succeeded, count }: LaunchFacts): readonly ChecklistItem[] {
  const section = 'E. Basic reliability checks';
  const unclean = count('ignored-stop', 'orphaned-child', 'crashed-after-ready');
  const isStable = attempted >= 5 && succeeded === attempted;
  return [
    item(
      section,
      'App restart relaunches sidecar successfully.',
      succeeded >= 2 && succeeded === attempted,
      `one after the other: ${of} succeeded`,
    ),
    item(
      section,
      'App shutdown terminates sidecar cleanly.',
      succeeded > 0 && unclean === 0,
      `${unclean} of ${attempted} did not end cleanly when asked to`,
    ),
    item(section, 'Repeated launch cycles (>=5) are stable.', isStable, `${of} succeeded`),
  ];
}

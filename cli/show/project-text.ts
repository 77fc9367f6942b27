/** Owns how a project and its plan read on a terminal. */
import type { BuildPlan, PlannedCommand, PlannedFloor, PlannedTool } from '../../core/job/build-plan';
import type { JobTemplate } from '../../core/build/build-request';
import type { JobBinary } from '../../core/job/job';
import { PLATFORM_IDS, type PlatformId } from '../../core/platform';
import type { SourceEntry } from '../../core/ports/source-packer';
import { formatSize } from '../../core/quantity';
import { tableLines } from './text-table';

/** In the order of the platform table. */
export function jobPlatforms(
  templates: Readonly<Partial<Record<PlatformId, JobTemplate>>>,
): readonly (readonly [PlatformId, JobTemplate])[] {
  return PLATFORM_IDS.flatMap((platform) => {
    const template = templates[platform];
    return template === undefined ? [] : [[platform, template] as const];
  });
}

/** `fieldkit: script fieldkit, Python 3.12, nuitka standalone, uv.lock`. */
export function describeBinary({ name, python, node }: JobBinary): string {
  if (python === undefined) return `${name}: ${node?.entry ?? ''}, Node ${node?.version ?? ''}`;
  const { script, module, entry, dependencies, decision } = python;
  const start = script !== undefined ? `script ${script}` : module !== undefined ? `module ${module}` : (entry ?? '');
  const locked = dependencies.lock ?? dependencies.requirements ?? 'dependencies not locked';
  return `${name}: ${start}, Python ${python.version}, ${python.compiler} ${python.mode}${decision === undefined ? '' : ' (by slipway compare)'}, ${locked}`;
}

/** The block that `plan` shows for one platform. */
export function describePlan(plan: BuildPlan): string {
  const steps = plan.steps.flatMap((step, index) => [
    `  ${index + 1}. ${step.name}: ${step.skipReason === undefined ? step.title : `skipped, ${step.skipReason}`}`,
    ...describeCommands(step.commands),
  ]);
  return [
    'tools',
    ...tableLines(plan.tools.map(describeTool)).map((line) => `  ${line}`),
    ...plan.tools
      .filter(({ isMissing }) => isMissing)
      .map(({ name, hint }) => `  missing: ${name}${hint === undefined ? '' : `: ${hint}`}`),
    ...describeFloors(plan.glibcFloors ?? []),
    'steps',
    ...steps,
    'artifacts',
    ...plan.artifacts.map((artifact) => `  ${artifact}`),
    ...plan.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

/** Each way with the oldest glibc that it reaches; the one that the build goes has a mark. */
function describeFloors(floors: readonly PlannedFloor[]): readonly string[] {
  if (floors.length === 0) return [];
  const rows = floors.map(({ binary, way, version, isChosen }) => [isChosen ? `> ${way}` : `  ${way}`, binary, `glibc ${version}`]);
  const lines = tableLines(rows);
  return [
    'glibc floor',
    ...floors.flatMap(({ reason, missing }, index) => [
      `${lines[index] ?? ''}: ${reason}`,
      ...(missing === undefined ? [] : [`    missing: ${missing}`]),
    ]),
  ];
}

function describeTool({ name, version, source }: PlannedTool): readonly string[] {
  return [name, version, source];
}

/** The folder is said where it changes. */
function describeCommands(commands: readonly PlannedCommand[]): readonly string[] {
  return commands.flatMap(({ argv, cwd, env }, index) => {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value.startsWith('$') ? value : shellWord(value)} `);
    const line = `     $ ${variables.join('')}${argv.map(shellWord).join(' ')}`;
    return commands[index - 1]?.cwd === cwd ? [line] : [`     in ${cwd}`, line];
  });
}

/** As a POSIX shell would have to read it; `$JOB` stays, it stands for the job's folder. */
function shellWord(word: string): string {
  if (/^[\w@%+=:,./$-]+$/.test(word) && (!word.includes('$') || word.includes('$JOB'))) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The list that `plan --files` shows. */
export function describeFiles(entries: readonly SourceEntry[]): string {
  const rows = entries.map(({ path, sizeBytes, kind, isExecutable }) => [
    formatSize(sizeBytes),
    kind === 'link' ? `${path} (link)` : isExecutable ? `${path} (executable)` : path,
  ]);
  return tableLines(rows)
    .map((line) => `  ${line}`)
    .join('\n');
}

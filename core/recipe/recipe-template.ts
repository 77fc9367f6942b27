/** Owns the text of a new slipway.yaml: what was detected, with a comment for what a person may want to say next. Pure. */
import { stringify } from 'yaml';
import type { DetectedNode } from '../project/detect-node';
import type { DetectedProject, DetectedPython } from '../project/detect-project';
import { PLATFORM_IDS, type PlatformId } from '../platform';

export interface RecipeTemplateFacts extends DetectedProject {
  /** Where the recipe takes the version from: `from-pyproject`, …, or a version. */
  readonly version: string;
  /** Why it is a version and not a source of one. */
  readonly versionNote?: string;
  /** What this machine builds. */
  readonly native: PlatformId;
}

/** The whole file. It passes `check` in the folder that it was detected in. */
export function recipeTemplate(facts: RecipeTemplateFacts): string {
  const { python, node } = facts;
  const name = appName(python?.project?.name ?? node?.name ?? facts.folderName);
  const described = python?.project ?? node;
  const others = PLATFORM_IDS.filter((platform) => platform !== facts.native);
  return [
    `# How slipway builds, checks and packs ${name}. Prove it with: slipway check`,
    'schema: 1',
    `name: ${name}`,
    `title: ${scalar(titleOf(name))}`,
    ...text('description', described?.description),
    ...text('license', described?.license),
    ...text('homepage', described?.homepage),
    `version: ${scalar(facts.version)}${facts.versionNote === undefined ? '' : ` # ${facts.versionNote}`}`,
    ...(python?.sourceRoot === undefined ? [] : [`source: { root: ${python.sourceRoot} } # the workspace, with its lock`]),
    ...(python === undefined ? [] : pythonBinaries(python, name)),
    ...(node === undefined ? [] : nodeBinaries(node, name)),
    `platforms: [${facts.native}] # ${python === undefined ? 'also, all made on this machine' : 'also, on machines of their own'}: ${others.join(', ')}`,
    ...checks(facts, name),
    '# What a build must keep to; the first report tells sensible figures:',
    '# budgets: { archive: 50MB, cold-start: 1s, peak-memory: 100MB, glibc: "2.28" }',
    '',
  ].join('\n');
}

/** Lower case, letters, digits and dashes: it becomes part of keys and file names. */
export function appName(wanted: string): string {
  const name = wanted
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return name === '' ? 'app' : name;
}

function titleOf(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}

/** A value on one line, quoted where YAML would read it as something else. */
function scalar(value: string): string {
  return stringify(value, { lineWidth: 0, defaultStringType: 'PLAIN', defaultKeyType: 'PLAIN' }).trim();
}

/** The same inside brackets and braces. */
function flowScalar(value: string): string {
  return stringify([value], { lineWidth: 0, collectionStyle: 'flow' })
    .trim()
    .replace(/^\[\s*|\s*\]$/g, '');
}

function text(key: string, value: string | undefined): readonly string[] {
  const line = value?.replace(/\s+/g, ' ').trim() ?? '';
  return line === '' ? [] : [`${key}: ${scalar(line)}`];
}

const LONG_SCRIPT_LIST = 5;
const BY_NAME = 'what is imported by name at run time, where no compiler sees it';

function pythonBinaries(python: DetectedPython, app: string): readonly string[] {
  const { start, pythonVersion, packageData, otherScripts } = python;
  const binary = binaryName(python, app);
  const entry = start.kind === 'entry' ? `entry: ${scalar(start.file)}` : `${start.kind}: ${scalar(start.name)}`;
  const shown = otherScripts.slice(0, LONG_SCRIPT_LIST);
  return [
    'binaries:',
    `  ${binary}:`,
    '    python:',
    `      ${entry}${start.kind === 'script' ? ` # of ${scriptTable(python)}` : ''}`,
    `      version: "${pythonVersion}"`,
    ...dependencyLines(python),
    ...(packageData.length === 0
      ? [`      # include: { modules: [] } # ${BY_NAME}`]
      : [
          '      include:',
          `        package-data: [${packageData.join(', ')}] # their files that are no Python`,
          `        # modules: [] # ${BY_NAME}`,
        ]),
    ...shown.map((script) => `  # ${script}: { python: { script: ${script}, version: "${pythonVersion}" } }`),
    ...(otherScripts.length > shown.length ? [`  # and ${otherScripts.length - shown.length} more scripts`] : []),
  ];
}

function scriptTable({ project }: DetectedPython): string {
  if (project?.file !== 'pyproject.toml') return project?.file ?? '';
  return project.hasProjectTable ? '[project.scripts]' : '[tool.poetry.scripts]';
}

function binaryName({ start }: DetectedPython, app: string): string {
  return start.kind === 'script' ? start.name : app;
}

function dependencyLines({ lock, requirements, foreignLock, tool, project }: DetectedPython): readonly string[] {
  if (lock !== undefined) return [`      dependencies: { lock: ${flowScalar(lock)} }`];
  if (requirements !== undefined) return [`      dependencies: { requirements: ${flowScalar(requirements)} }`];
  if (foreignLock !== undefined) {
    return [
      '      # Not locked yet. Write the lock in its standard form: pdm export --format pylock --output pylock.toml; then:',
      '      # dependencies: { lock: pylock.toml }',
    ];
  }
  const [command, named] = lockAdvice(tool, project);
  return [
    `      # Not locked: each build takes the newest versions that fit. Builds repeat after ${command}; then:`,
    `      # dependencies: { ${named} }`,
  ];
}

function lockAdvice(tool: string, project: DetectedPython['project']): readonly [string, string] {
  if (tool === 'poetry') return ['poetry lock', 'lock: poetry.lock'];
  if (project?.hasProjectTable === true) return ['uv lock', 'lock: uv.lock'];
  const from = project === undefined ? 'requirements.in' : project.file;
  return [`uv pip compile --universal --generate-hashes ${from} -o requirements.txt`, 'requirements: requirements.txt'];
}

function nodeBinaries(node: DetectedNode, app: string): readonly string[] {
  const [first, ...others] = Object.entries(node.programs);
  const block = (name: string, entry: string, prefix: string) => [
    `${prefix}${/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) ? name : app}:`,
    `${prefix}  node:`,
    `${prefix}    entry: ${flowScalar(entry)}`,
    `${prefix}    version: "${node.nodeVersion}"`,
    `${prefix}    # assets: [] # what it reads beside itself: files, folders, globs; also of node_modules`,
  ];
  return [
    'binaries:',
    ...(first === undefined ? [] : block(first[0], first[1], '  ')),
    ...others.flatMap(([name, entry]) => block(name, entry, '  # ')),
  ];
}

function checks(facts: DetectedProject, app: string): readonly string[] {
  const { python, node } = facts;
  const binary =
    python === undefined
      ? (Object.keys(node?.programs ?? {}).find((name) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) ?? app)
      : binaryName(python, app);
  const help = `- { binary: ${binary}, run: [--help] }`;
  const version = `  # - { binary: ${binary}, run: [--version], stdout: "${binary} {version}" }`;
  if (python?.answersHelp === true) return ['checks:', `  ${help}`, version];
  return ['# What proves that it works, such as:', '# checks:', `#   ${help}`, version.replace('  # ', '#   ')];
}

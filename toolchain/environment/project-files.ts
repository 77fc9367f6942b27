/** Owns reading the files of a Python project: pyproject.toml, its lock, and whether there is something to install. */
import { parse } from 'smol-toml';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import type { EnvironmentFacts } from './environment-commands';
import { hostPaths, type ToolchainContext } from '../toolchain-context';
import { packageInfo } from './version-variables';

/** Where a program and its lock stand. */
export interface ProjectPlace {
  /** Where slipway.yaml's paths are relative to. */
  readonly projectDirectory: string;
}

/** The parts of pyproject.toml that matter here. */
export interface Pyproject {
  readonly text: string;
  readonly table: Readonly<Record<string, unknown>>;
}

/** @throws SlipwayError `lock-missing` */
export async function readLock(context: ToolchainContext, place: ProjectPlace, file: string): Promise<string> {
  try {
    return await context.files.readText(hostPaths(context).join(place.projectDirectory, file));
  } catch (thrown) {
    if (!isSlipwayError(thrown) || thrown.code !== 'file-not-found') throw thrown;
    throw new SlipwayError('lock-missing', `there is no '${file}' beside slipway.yaml`, {
      hint: file.endsWith('uv.lock')
        ? 'write it with: uv lock'
        : 'check dependencies in slipway.yaml, and that the source archive holds the file',
      cause: thrown,
    });
  }
}

/** @returns undefined where there is none */
export async function readPyproject(context: ToolchainContext, directory: string): Promise<Pyproject | undefined> {
  const place = hostPaths(context).join(directory, 'pyproject.toml');
  if ((await context.files.stat(place)) === undefined) return undefined;
  const text = await context.files.readText(place);
  try {
    return { text, table: parse(text) };
  } catch (cause) {
    throw new SlipwayError(
      'environment-failed',
      `pyproject.toml is no TOML: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : ''}`,
      {
        hint: 'mend the line that it names',
        cause,
      },
    );
  }
}

/** The table or list below these keys, undefined where there is none. */
export function tableAt(
  table: Readonly<Record<string, unknown>> | undefined,
  ...keys: readonly string[]
): Readonly<Record<string, unknown>> | undefined {
  let found: unknown = table;
  for (const key of keys) found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[key] : undefined;
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : undefined;
}

export interface DeclaredIndex {
  readonly url: string;
  /** What the variables with its credentials are called by. */
  readonly name?: string;
  /** Whether it is for packages that name it and no others: uv's `explicit`. */
  readonly isExplicit?: boolean;
}

/** The indexes that a list of tables in pyproject.toml names: uv's and Poetry's look alike. */
export function indexTables(pyproject: Pyproject | undefined, ...keys: readonly string[]): readonly DeclaredIndex[] {
  const list = tableAt(pyproject?.table, ...keys);
  return (Array.isArray(list) ? (list as readonly Record<string, unknown>[]) : []).flatMap(({ url, name, explicit }) =>
    typeof url === 'string'
      ? [{ url, ...(typeof name === 'string' ? { name } : {}), ...(explicit === true ? { isExplicit: true } : {}) }]
      : [],
  );
}

/** A script that is an entry is compiled where it stands, unless its project can be installed. */
export async function findProject(
  context: ToolchainContext,
  isEntry: boolean,
  directory: string,
  pyproject: Pyproject | undefined,
): Promise<Pick<EnvironmentFacts, 'hasProject' | 'hasManifest' | 'manifest'>> {
  const canBuild = tableAt(pyproject?.table, 'build-system') !== undefined;
  const hasMetadata = tableAt(pyproject?.table, 'project') !== undefined;
  const isDescribed = hasMetadata || tableAt(pyproject?.table, 'tool', 'poetry') !== undefined;
  const hasSetup = (await context.files.stat(hostPaths(context).join(directory, 'setup.py'))) !== undefined;
  const hasProject = hasSetup || canBuild || (isDescribed && !isEntry);
  return {
    hasProject,
    // What Poetry's table says can be read by Poetry's backend alone.
    hasManifest: hasProject || hasMetadata,
    manifest: canBuild || isDescribed || !hasSetup ? 'pyproject.toml' : 'setup.py',
  };
}

/** Without `[project]`, or with dependencies left to the backend, only a build tells them. */
export function isDynamic(pyproject: Pyproject | undefined): boolean {
  const project = tableAt(pyproject?.table, 'project');
  const dynamic = project?.dynamic;
  return (
    project === undefined ||
    (Array.isArray(dynamic) && dynamic.some((field) => field === 'dependencies' || field === 'optional-dependencies'))
  );
}

/** The folder is a copy of the source, so a file may be put there. */
export async function serveVersioningit(
  context: ToolchainContext,
  directory: string,
  pyproject: Pyproject | undefined,
  version: string,
): Promise<void> {
  const place = hostPaths(context).join(directory, 'PKG-INFO');
  if (pyproject === undefined || !pyproject.text.includes('versioningit') || (await context.files.stat(place)) !== undefined) return;
  const name = tableAt(pyproject.table, 'project')?.name;
  await context.files.write(place, packageInfo(typeof name === 'string' ? name : 'application', version));
}

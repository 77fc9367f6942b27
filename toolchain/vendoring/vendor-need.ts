/** Owns the decision of `vendor: auto`, and which indexes a project names. */
import { win32 } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockIndexes } from '../../core/project/python-lock';
import { isSameIndex, PUBLIC_INDEX, type Registries } from '../../core/host/registries';
import { dependencySource, environmentLayout } from '../environment/environment-commands';
import { indexTables, readLock, readPyproject } from '../environment/project-files';
import { hostPaths, type ToolchainContext } from '../toolchain-context';
import type { NamedIndex, VendorRequest } from './vendor-request';

/** The indexes that pyproject.toml, the lock or the requirements file name, each once. */
export async function projectIndexes(context: ToolchainContext, request: VendorRequest): Promise<readonly NamedIndex[]> {
  const pyproject = await readPyproject(context, directoryOf(request));
  const declared = [...indexTables(pyproject, 'tool', 'uv', 'index'), ...indexTables(pyproject, 'tool', 'poetry', 'source')];
  const text = await lockText(context, request);
  const locked = [...lockIndexes(text), ...poetryIndexes(text), ...requirementIndexes(text)].map((url) => ({ url }));
  const unique: NamedIndex[] = [];
  for (const index of [...declared, ...locked]) if (!unique.some(({ url }) => isSameIndex(url, index.url))) unique.push(index);
  return unique;
}

/** Whether a build elsewhere could not get a dependency by itself. This machine's mirror of the public index is no reason. */
export async function needsVendoring(context: ToolchainContext, request: VendorRequest, registries: Registries): Promise<boolean> {
  const indexes = [...(await projectIndexes(context, request)).map(({ url }) => url), ...registries.extraIndexes];
  if (indexes.some((url) => !isSameIndex(url, PUBLIC_INDEX) && !isSameIndex(url, registries.defaultIndex))) return true;
  const pyproject = await readPyproject(context, directoryOf(request));
  const text = `${pyproject?.text ?? ''}\n${await lockText(context, request)}`;
  if (/\bgit\s*=\s*"|\bgit\+|^type = "git"|\bvcs\s*=\s*\{/m.test(text)) return true;
  return localPaths(text).some((path) => isOutside(context, request, path));
}

function directoryOf(request: VendorRequest): string {
  return environmentLayout({ ...request, environmentDirectory: '', interpreter: { path: '', version: '', provider: '' } }).projectDirectory;
}

async function lockText(context: ToolchainContext, request: VendorRequest): Promise<string> {
  const source = dependencySource(request.python.dependencies);
  return source.kind === 'unlocked' ? '' : readLock(context, request, source.file);
}

/** `[package.source] type = "legacy"` has its address in the next line. */
function poetryIndexes(text: string): readonly string[] {
  return [...text.matchAll(/^type = "legacy"\r?\nurl = "([^"]+)"/gm)].map((match) => match[1] ?? '');
}

function requirementIndexes(text: string): readonly string[] {
  return [...text.matchAll(/^\s*(?:-i|--index-url|--extra-index-url)[ =](\S+)/gm)].map((match) => match[1] ?? '');
}

/** Paths of dependencies in locks, pyproject.toml and requirements. */
function localPaths(text: string): readonly string[] {
  const patterns = [
    /\b(?:directory|editable|path|virtual)\s*=\s*"([^"]+)"/g,
    /^type = "(?:directory|file)"\r?\nurl = "([^"]+)"/gm,
    /^\s*(?:-e\s+|--editable[ =])?(\.{1,2}\/\S*)/gm,
    /@ (file:\S+)/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
}

function isOutside(context: ToolchainContext, request: VendorRequest, dependency: string): boolean {
  const paths = hostPaths(context);
  const root = request.sourceDirectory ?? request.projectDirectory;
  const place = dependency.startsWith('file:')
    ? fileURLToPath(dependency, { windows: paths === win32 })
    : paths.resolve(directoryOf(request), dependency);
  const relative = paths.relative(root, place);
  return relative.startsWith('..') || paths.isAbsolute(relative);
}

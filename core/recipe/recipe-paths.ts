/** Owns which values of a slipway.yaml are paths of the source: what a build will read, and what must travel with it. */
import { isMap } from './recipe';
import type { KeyPath } from './recipe-issues';
import { isGlob, isOfDependencies } from './node-asset';

export interface NamedPath {
  /** The key that names it. */
  readonly path: KeyPath;
  /** Relative to the folder of slipway.yaml. */
  readonly value: string;
  readonly kind: NamedPathKind;
}

export type NamedPathKind = 'entry' | 'lock' | 'npm-lock' | 'requirements' | 'data' | 'icon' | 'include';

/** Every path that the recipe names, overrides included; raw, so that a recipe with other mistakes has them too. */
export function namedPaths(recipe: Readonly<Record<string, unknown>>): readonly NamedPath[] {
  const binaries = isMap(recipe.binaries) ? Object.entries(recipe.binaries) : [];
  const source = isMap(recipe.source) ? recipe.source : {};
  const checks: readonly unknown[] = Array.isArray(recipe.checks) ? recipe.checks : [];
  return [
    ...listed(source.include, ['source', 'include'], 'include'),
    ...binaries.flatMap(([name, entry]) => {
      if (!isMap(entry)) return [];
      const overrides = isMap(entry.overrides) ? Object.entries(entry.overrides) : [];
      return [
        ...binaryPaths(entry, ['binaries', name]),
        ...overrides.flatMap(([platform, override]) =>
          isMap(override) ? binaryPaths(override, ['binaries', name, 'overrides', platform]) : [],
        ),
      ];
    }),
    ...checks.flatMap((check, index) => (isMap(check) ? named(check.script, ['checks', index, 'script'], 'entry') : [])),
  ];
}

function binaryPaths(binary: Readonly<Record<string, unknown>>, at: KeyPath): readonly NamedPath[] {
  const python = isMap(binary.python) ? binary.python : {};
  const dependencies = isMap(python.dependencies) ? python.dependencies : {};
  const include = isMap(python.include) ? python.include : {};
  const node = isMap(binary.node) ? binary.node : {};
  const nodeDependencies = isMap(node.dependencies) ? node.dependencies : {};
  const data: readonly unknown[] = Array.isArray(include.data) ? include.data : [];
  return [
    ...named(python.entry, [...at, 'python', 'entry'], 'entry'),
    ...named(dependencies.lock, [...at, 'python', 'dependencies', 'lock'], 'lock'),
    ...named(dependencies.requirements, [...at, 'python', 'dependencies', 'requirements'], 'requirements'),
    ...data.flatMap((entry, index) => (isMap(entry) ? named(entry.from, [...at, 'python', 'include', 'data', index, 'from'], 'data') : [])),
    ...named(node.entry, [...at, 'node', 'entry'], 'entry'),
    ...named(nodeDependencies.lock, [...at, 'node', 'dependencies', 'lock'], 'npm-lock'),
    ...assets(node.assets, [...at, 'node', 'assets']),
    ...named(binary.icon, [...at, 'icon'], 'icon'),
  ];
}

function named(value: unknown, path: KeyPath, kind: NamedPathKind): readonly NamedPath[] {
  return typeof value === 'string' && value !== '' ? [{ path, value, kind }] : [];
}

/** What comes with the dependencies, and what a glob matches, is known to the build alone. */
function assets(values: unknown, path: KeyPath): readonly NamedPath[] {
  if (!Array.isArray(values)) return [];
  return values.flatMap((value: unknown, index) => {
    const [source, at] = isMap(value) ? [value.from, [...path, index, 'from']] : [value, [...path, index]];
    if (typeof source !== 'string' || isOfDependencies(source) || isGlob(source)) return [];
    return named(source, at, 'data');
  });
}

function listed(values: unknown, path: KeyPath, kind: NamedPathKind): readonly NamedPath[] {
  return Array.isArray(values) ? values.flatMap((value, index) => named(value, [...path, index], kind)) : [];
}

/** `binaries.fieldkit.python.include.data[0].from`: how messages name a key. */
export function keyPathText(path: KeyPath): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`), '');
}

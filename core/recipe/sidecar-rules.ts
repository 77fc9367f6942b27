/** Owns the rules of a binary that is a sidecar: its name, its form, and what lies beside it. They look at the raw document. */
import { caseFolded } from '../source/portable-name';
import { sidecarNameProblem, TAURI_FOLDER } from '../sidecar/tauri-layout';
import { isMap } from './recipe';
import type { KeyPath, RecipeIssue } from './recipe-issues';

type Fields = Readonly<Record<string, unknown>>;

interface WrittenBinary {
  readonly name: string;
  /** Where it stands. */
  readonly path: KeyPath;
  /** On each platform, its overrides merged in. */
  readonly layers: readonly Fields[];
  /** Of the other binaries. */
  readonly otherNames: readonly string[];
  /** Each binary in an archive of its own. */
  readonly isSplit: boolean;
}

/** A sidecar is one file under a name of the host's, or that file and a folder; the compiler must make it so, on each platform. */
export function sidecarIssues({ name, path, layers, otherNames, isSplit }: WrittenBinary): readonly RecipeIssue[] {
  const sidecars = layers.filter(({ sidecar }) => isMap(sidecar));
  if (sidecars.length === 0) return [];
  const at = [...path, 'sidecar'];
  const nameProblem = sidecarNameProblem(name);
  const twin = isSplit ? undefined : otherNames.find((other) => caseFolded(other) === caseFolded(TAURI_FOLDER));
  return [
    ...(nameProblem === undefined ? [] : [issue(path, nameProblem, 'key')]),
    ...(sidecars.some((layer) => isOnefile(layer) && isMap(layer.node))
      ? [issue([...at, 'form'], `a Node program is a runtime and its files: '${name}' can be a sidecar of form: resources alone`, 'value')]
      : []),
    ...(sidecars.some((layer) => isOnefile(layer) && modeOf(layer) === 'standalone')
      ? [issue([...at, 'form'], 'form: onefile and python.mode: standalone contradict each other: take one of them out', 'value')]
      : []),
    ...(sidecars.some((layer) => !isOnefile(layer) && modeOf(layer) === 'onefile')
      ? [issue(at, 'python.mode: onefile leaves no folder for resources: write sidecar: { host: tauri, form: onefile }', 'key')]
      : []),
    ...(twin === undefined
      ? []
      : [issue(['binaries', twin], `'${twin}' has the name of the folder that sidecars lie in: rename it, or set package.split`, 'key')]),
  ];
}

function isOnefile({ sidecar }: Fields): boolean {
  return isMap(sidecar) && sidecar.form === 'onefile';
}

function modeOf({ python }: Fields): unknown {
  return isMap(python) ? python.mode : undefined;
}

function issue(path: KeyPath, message: string, at: RecipeIssue['at']): RecipeIssue {
  return { path, at, message };
}

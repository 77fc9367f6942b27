/** Owns what an environment holds. */
import type { UvRunner } from '../uv/uv-runner';

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
}

/** Sorted by name. */
export async function listPackages(uv: UvRunner, interpreter: string, cwd: string): Promise<readonly InstalledPackage[]> {
  const result = await uv.ask(['pip', 'list', '--quiet', '--format', 'json', '--python', interpreter], cwd);
  const list = JSON.parse(result.stdout === '' ? '[]' : result.stdout) as readonly InstalledPackage[];
  return list.map(({ name, version }) => ({ name, version })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

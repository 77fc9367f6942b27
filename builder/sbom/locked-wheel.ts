/**
 * Owns finding in a lock which wheel was installed: a lock names one for every system, an installed distribution keeps its tags.
 * Knows uv.lock, poetry.lock, pdm.lock and pylock.toml.
 */
import posix from 'node:path/posix';
import { parse } from 'smol-toml';
import { normalizedPypiName } from '../../core/provenance/package-url';
import { isMap } from '../../core/recipe/recipe';

export interface LockedWheel {
  readonly file: string;
  readonly sha256: string;
  /** On the public index; absent for one of any other. */
  readonly url?: string;
}

/** The files of the public index; where others come from is nobody's business who gets the program. */
const PUBLIC_HOST = 'https://files.pythonhosted.org/';

/** @returns by normalized name, then version: the wheels that the lock names. Empty for text that is no such lock. */
export function readLockedWheels(text: string): ReadonlyMap<string, readonly LockedWheel[]> {
  const wheels = new Map<string, LockedWheel[]>();
  for (const entry of packagesIn(text)) {
    const { name, version } = entry;
    if (typeof name !== 'string' || typeof version !== 'string') continue;
    const found = [entry.wheels, entry.files].flatMap(listOf).flatMap((file) => wheelOf(file) ?? []);
    const key = lockKey(name, version);
    wheels.set(key, [...(wheels.get(key) ?? []), ...found]);
  }
  return wheels;
}

function packagesIn(text: string): readonly Record<string, unknown>[] {
  let document: unknown;
  try {
    document = parse(text);
  } catch {
    return []; // requirements.txt, which names no files.
  }
  if (!isMap(document)) return [];
  return [document.package, document.packages].flatMap(listOf).filter(isMap);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function wheelOf(file: unknown): LockedWheel | undefined {
  if (!isMap(file)) return undefined;
  const { url, hash, hashes } = file;
  const text = typeof url === 'string' ? url : undefined;
  const named = [file.name, file.file, file.filename, file.path].find((name) => typeof name === 'string');
  const name = posix.basename(named ?? decodeURIComponent(text?.replace(/[?#].*$/, '') ?? ''));
  const digest = typeof hash === 'string' ? hash.replace(/^sha256:/, '') : isMap(hashes) ? hashes.sha256 : undefined;
  if (!name.endsWith('.whl') || typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) return undefined;
  return { file: name, sha256: digest, ...(text?.startsWith(PUBLIC_HOST) === true ? { url: text } : {}) };
}

/** @param tags of the installed distribution's WHEEL file; @returns undefined where none fits, or where several do */
export function lockedWheelOf(
  wheels: ReadonlyMap<string, readonly LockedWheel[]>,
  { name, version, tags }: { readonly name: string; readonly version: string; readonly tags: readonly string[] },
): LockedWheel | undefined {
  if (tags.length === 0) return undefined;
  const fitting = (wheels.get(lockKey(name, version)) ?? []).filter(({ file }) => {
    const known = tagsOf(file);
    return tags.every((tag) => known.has(tag)) && known.size === new Set(tags).size;
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** `a-1-py2.py3-none-any.whl` is for `py2-none-any` and `py3-none-any`: https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/ */
function tagsOf(file: string): ReadonlySet<string> {
  const [platforms = '', abis = '', pythons = ''] = file
    .slice(0, -'.whl'.length)
    .split('-')
    .reverse()
    .map((part) => part.split('.'));
  const lists = [pythons, abis, platforms].map((list) => (typeof list === 'string' ? [] : list));
  const [first = [], second = [], third = []] = lists;
  return new Set(first.flatMap((python) => second.flatMap((abi) => third.map((platform) => `${python}-${abi}-${platform}`))));
}

function lockKey(name: string, version: string): string {
  return `${normalizedPypiName(name)} ${version}`;
}

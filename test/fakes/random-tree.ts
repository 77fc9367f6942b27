/** Source trees by chance, from a seed: names and ignore lines that git's rules are known to stumble over. */

export interface RandomTree {
  /** Content by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Lines by path of the ignore file. */
  readonly ignoreFiles: ReadonlyMap<string, string>;
}

const NAMES = ['a', 'b', 'ab', 'A', 'foo.c', 'foo.h', 'build', '[x]', 'a b', 'x ', '#h', '!n', 'é', 'b*c', 'a-b', '.dot', 'z\\'] as const;
const PIECES = [
  '*',
  '**',
  '?',
  '[ab]',
  '[!a]',
  '[^b]',
  '[a-c]',
  '[[:alpha:]]',
  '[]-]',
  '\\',
  '\\*',
  '\\ ',
  '[',
  ']',
  '.',
  'o',
  ...NAMES,
] as const;

/** A small generator of numbers below 1 that gives the same sequence for the same seed everywhere. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomTree(seed: number): RandomTree {
  const next = chance(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  const files = new Map<string, string>();
  const folders = [''];
  for (let i = 0; i < 7; i++) {
    const folder = `${pick(folders)}${pick(NAMES)}/`;
    if (!folders.includes(folder) && folder.split('/').length < 5) folders.push(folder);
  }
  for (let i = 0; i < 22; i++) {
    const file = pick(folders) + pick(NAMES);
    if (!folders.includes(`${file}/`)) files.set(file, `content ${i}`);
  }
  const word = (): string => Array.from({ length: 1 + Math.floor(next() * 2.5) }, () => pick(next() < 0.5 ? NAMES : PIECES)).join('');
  const line = (): string => {
    const parts = Array.from({ length: 1 + Math.floor(next() * next() * 3) }, () => (next() < 0.15 ? '**' : word()));
    const ending = next();
    return `${next() < 0.3 ? '!' : ''}${next() < 0.25 ? '/' : ''}${parts.join('/')}${ending < 0.3 ? '/' : ending < 0.36 ? ' ' : ending < 0.4 ? '\\ ' : ending < 0.43 ? '\t' : ''}`;
  };
  const ignoreFiles = new Map<string, string>();
  for (const folder of folders) {
    if (folder !== '' && next() < 0.6) continue;
    const lines = Array.from({ length: 1 + Math.floor(next() * 5) }, line);
    ignoreFiles.set(
      `${folder}.gitignore`,
      `${next() < 0.1 ? '\ufeff' : ''}${lines.join(next() < 0.15 ? '\r\n' : '\n')}${next() < 0.8 ? '\n' : ''}`,
    );
  }
  return { files, ignoreFiles };
}

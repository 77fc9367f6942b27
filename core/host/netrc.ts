/** Owns reading a netrc file: user and password by host, as pip, uv and curl take them. */

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** @returns the credentials of `host`, else those of `default`, else undefined */
export function netrcCredentials(text: string, host: string): Credentials | undefined {
  const words = tokens(text);
  let fallback: Credentials | undefined;
  for (let i = 0; i < words.length; i++) {
    if (words[i] !== 'machine' && words[i] !== 'default') continue;
    const isDefault = words[i] === 'default';
    const isMatch = !isDefault && words[i + 1]?.toLowerCase() === host.toLowerCase();
    const entry = readEntry(words, i + (isDefault ? 1 : 2));
    if (isMatch) return entry;
    if (isDefault) fallback ??= entry;
  }
  return fallback;
}

function readEntry(words: readonly string[], start: number): Credentials | undefined {
  const found: { login?: string; password?: string } = {};
  for (let i = start; i < words.length && words[i] !== 'machine' && words[i] !== 'default'; i += 2) {
    const key = words[i];
    const value = words[i + 1];
    if (value !== undefined && (key === 'login' || key === 'password')) found[key] ??= value;
  }
  return found.password === undefined ? undefined : { user: found.login ?? '', password: found.password };
}

/** Words, quoted words with backslashes; a comment lasts to the end of its line, a macro to the next empty one. */
function tokens(text: string): readonly string[] {
  const withoutMacros = text.replace(/^\s*macdef[^\n]*\n(?:[^\n]*\S[^\n]*\n?)*/gm, '');
  const lines = withoutMacros.split(/\r?\n/).filter((line) => !line.trimStart().startsWith('#'));
  return [...lines.join('\n').matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((match) => match[2] ?? (match[1] ?? '').replace(/\\(.)/g, '$1'));
}

/** Owns the choice of a Python for a program that says only what it needs at least. */

/** Newest first. Older ones are past their end of life or near it. */
const CANDIDATES = ['3.13', '3.12', '3.11', '3.10'];
const USUAL = '3.12';

/**
 * The version for `python.version`.
 * @param requires `requires-python` (PEP 440), where there is one
 * @param pinned the content of `.python-version`, where there is one: what the developers run goes before what is newest
 */
export function choosePython(requires: string | undefined, pinned?: string): string {
  const own = /^(?:cpython[@-])?(3\.\d+)(?:\.\d+)?$/m.exec(pinned?.trim() ?? '')?.[1];
  if (own !== undefined && (requires === undefined || isAllowed(own, requires))) return own;
  if (requires === undefined) return USUAL;
  return CANDIDATES.find((candidate) => isAllowed(candidate, requires)) ?? onlyOneNamed(requires) ?? USUAL;
}

/** `==3.9.*` leaves no choice. */
function onlyOneNamed(requires: string): string | undefined {
  return /[=~]=\s*(3\.\d+)/.exec(requires)?.[1];
}

/** Whether some patch release of a minor one satisfies every clause. */
function isAllowed(minor: string, requires: string): boolean {
  const number = Number(minor.split('.')[1]);
  return requires.split(',').every((clause) => {
    const [, operator, version = ''] = /^\s*(~=|===|==|!=|<=|>=|<|>)?\s*([\d.*]+)\s*$/.exec(clause) ?? [];
    const [major = 3, named, patch] = version.split('.').map((part) => (part === '*' ? undefined : Number(part)));
    if (version === '' || Number.isNaN(major)) return true;
    // A bare major number, as in <4, is above or below every candidate.
    if (major !== 3 || named === undefined) return compareMajor(operator, major);
    switch (operator) {
      case '>=':
        return number >= named;
      case '>':
        return number > named || (number === named && patch !== undefined);
      case '<':
        return number < named || (number === named && (patch ?? 0) > 0);
      case '<=':
        return number <= named;
      case '!=':
        return number !== named || patch !== undefined;
      case '~=':
        return patch === undefined ? number >= named : number === named;
      default:
        return number === named;
    }
  });
}

function compareMajor(operator: string | undefined, major: number): boolean {
  switch (operator) {
    case '<':
      return major > 3;
    case '<=':
      return major >= 3;
    case '>':
      return major < 3;
    case '!=':
      return major !== 3;
    default:
      return major <= 3;
  }
}

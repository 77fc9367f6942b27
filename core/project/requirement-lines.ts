/** Owns reading the entries of a requirements file that a tool wrote: name, version, hashes. */
import { normalizePackageName } from '../host/index-page';

export interface RequirementEntry {
  /** As every index lists it. */
  readonly name: string;
  /** Present for `name==version`. */
  readonly version?: string;
  /** What comes before the marker and the hashes: `name==1.0`, `name @ git+https://…`. */
  readonly requirement: string;
  /** `sha256:…` */
  readonly hashes: readonly string[];
}

/** Options, comments and empty lines are passed over; a backslash continues a line. */
export function parseRequirementLines(text: string): readonly RequirementEntry[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#(?!subdirectory=|egg=).*$/, '').trim())
    .flatMap((line) => {
      const match = /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(==|@)\s*(.+)$/.exec(line);
      if (match === null) return [];
      const hashes = [...line.matchAll(/--hash[= ](\S+)/g)].map((hash) => hash[1] ?? '');
      // A URL ends at the first space, a version at a space or at its marker.
      const target = (match[3] ?? '').split(match[2] === '@' ? /\s/ : /[\s;]/)[0] ?? '';
      const name = normalizePackageName(match[1] ?? '');
      return [
        match[2] === '=='
          ? { name, version: target, requirement: `${name}==${target}`, hashes }
          : { name, requirement: `${name} @ ${target}`, hashes },
      ];
    });
}

/** One entry as a line for `--require-hashes`. */
export function requirementLine({ requirement, hashes }: RequirementEntry): string {
  return `${[requirement, ...hashes.map((hash) => `    --hash=${hash}`)].join(' \\\n')}\n`;
}

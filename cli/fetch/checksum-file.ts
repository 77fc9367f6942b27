/** Owns reading lists of checksums: the format of sha256sum, one file a line. */

export interface ListedChecksum {
  readonly sha256: string;
  readonly file: string;
}

/** @returns undefined where a line is none of such a list */
export function parseChecksums(text: string): readonly ListedChecksum[] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const parsed = lines.map((line) => /^([0-9a-f]{64}) [ *](.+)$/i.exec(line));
  if (lines.length === 0 || parsed.some((match) => match === null)) return undefined;
  return parsed.map((match) => ({ sha256: (match?.[1] ?? '').toLowerCase(), file: match?.[2] ?? '' }));
}

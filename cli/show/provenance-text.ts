/** Owns how provenance reads on a terminal: what it says, and how far that goes. */
import type { ReadProvenance } from '../fetch/provenance-file';

export function describeProvenance({ file, builderId, sourceSha256, gitCommit }: ReadProvenance): readonly string[] {
  const from = [
    ...(sourceSha256 === undefined ? [] : [`source sha256 ${sourceSha256}`]),
    ...(gitCommit === undefined ? [] : [`commit ${gitCommit}`]),
  ];
  return [
    `provenance  ${file}`,
    `  built by  ${builderId}`,
    ...(from.length === 0 ? [] : [`  from      ${from.join(', ')}`]),
    '  not signed: it names these very bytes, and is worth as much as the way on which it came',
  ];
}

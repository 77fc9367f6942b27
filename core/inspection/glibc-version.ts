/** Owns reading which glibc a file asks for from the names of the versions that it needs. */
import { compareDottedVersions } from '../quantity';
import type { ElfFacts } from './elf';

/** `GLIBC_2.34` is 2.34; packed relative relocations came with glibc 2.36 and have a name of their own. */
export function glibcVersion(name: string): string | undefined {
  if (name === 'GLIBC_ABI_DT_RELR') return '2.36';
  return /^GLIBC_(\d+(?:\.\d+)+)$/.exec(name)?.[1];
}

/** The newest that a file asks for. */
export function glibcOf({ versionNeeds }: Pick<ElfFacts, 'versionNeeds'>): string | undefined {
  return versionNeeds
    .flatMap(({ version }) => glibcVersion(version) ?? [])
    .sort(compareDottedVersions)
    .at(-1);
}

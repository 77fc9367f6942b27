/**
 * Owns what is known of the parts of one built program, in the terms of no language: what went into it beside the application itself,
 * and which of its files belong to which part. A language's own file fills it in, `core/provenance/sbom.ts` writes it down.
 */
import type { SbomPart } from '../../core/provenance/sbom';

export interface Inventory {
  /** Without those of which nothing ships. */
  readonly parts: readonly SbomPart[];
  /**
   * File below the binary's own folder, forward slashes -> the `ref` of the part that it belongs to. A file that is not here is the
   * application's own. Of a program that is one packed file: the files inside it.
   */
  readonly owners: ReadonlyMap<string, string>;
  /** What lies in one of the application's own files: compiled into its executable, or written into its bundle. */
  readonly embedded: readonly EmbeddedPart[];
  /** Of a program that is one packed file: what is inside, below the folder that it unpacks. Absent elsewhere. */
  readonly packed?: readonly string[];
}

export interface EmbeddedPart {
  readonly ref: string;
  /** Below the binary's own folder; absent: its executable. */
  readonly file?: string;
  /** By what it is found there: the name of a module or a package. */
  readonly symbol: string;
}

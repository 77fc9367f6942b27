/** Owns where the pieces of a built program lie below its folder: by themselves, or laid out for a desktop host. */
import path from 'node:path';
import type { JobBinary } from '../../core/job/job';
import type { SbomPart } from '../../core/provenance/sbom';
import { archivedResources } from '../../core/sidecar/tauri-layout';
import type { BuiltBinary } from '../builder-context';

export interface ProgramPlaces {
  /** Where the compiler's files are, with a slash behind it; empty for the folder itself. */
  readonly content: string;
  /** What starts it, where that is a program of Slipway's own. */
  readonly launcher?: string;
}

/** It is compiled with each build, and belongs to no package. */
export const LAUNCHER: SbomPart = {
  ref: 'slipway-launcher',
  type: 'application',
  name: 'slipway-launcher',
  description: 'finds the program and starts it in its own place',
  dependsOn: [],
};

export function placesOf(binary: Pick<JobBinary, 'name' | 'node' | 'sidecar'>, built: BuiltBinary, content = ''): ProgramPlaces {
  const executable = path.relative(built.directory, built.executable).split(path.sep).join('/');
  // A packed file is the program itself, also where a host names it.
  if (built.inspectDirectory !== undefined) return { content: '' };
  if (binary.sidecar !== undefined) return { content: `${archivedResources(binary.name)}/`, launcher: executable };
  return binary.node === undefined ? { content } : { content, launcher: executable };
}

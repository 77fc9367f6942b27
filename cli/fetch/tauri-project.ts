/** Owns recognizing a Tauri 2 host's `src-tauri`, and reading what its own configuration says about sidecars. */
import path from 'node:path';
import type { Files } from '../../core/ports/files';
import { hostBundleOf, type HostBundle } from '../../core/sidecar/tauri-config';
import { SlipwayError } from '../../core/slipway-error';

export interface TauriProject {
  readonly directory: string;
  readonly host: HostBundle;
  /** Absent where it is written in another format than JSON, which is not read: then the files per system would replace its lists. */
  readonly isRead: boolean;
}

/** The names that Tauri looks for: v2.tauri.app/develop/configuration-files */
const CONFIGURATIONS = ['tauri.conf.json', 'tauri.conf.json5', 'Tauri.toml'];

/** @throws SlipwayError `not-a-tauri-project` */
export async function openTauriProject(files: Files, directory: string): Promise<TauriProject> {
  const [found] = await configurationsIn(files, directory);
  if (found === undefined) {
    const below = path.join(directory, 'src-tauri');
    const isAbove = (await configurationsIn(files, below)).length > 0;
    throw new SlipwayError('not-a-tauri-project', `'${directory}' is no Tauri project: it has no ${CONFIGURATIONS.join(', ')}`, {
      hint: isAbove ? `use --into ${below}` : 'use --into with the folder of tauri.conf.json, usually src-tauri',
      details: { directory },
    });
  }
  const file = path.join(directory, found);
  if (found !== CONFIGURATIONS[0]) return { directory, host: hostBundleOf(undefined), isRead: false };
  try {
    return { directory, host: hostBundleOf(JSON.parse(await files.readText(file))), isRead: true };
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    throw new SlipwayError('not-a-tauri-project', `'${file}' is no JSON: ${thrown.message}`, {
      hint: 'correct it first: Tauri cannot read it either',
    });
  }
}

async function configurationsIn(files: Files, directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of CONFIGURATIONS) if ((await files.stat(path.join(directory, name)))?.kind === 'file') found.push(name);
  return found;
}

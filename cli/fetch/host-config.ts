/** Owns writing the configuration files that make a Tauri host take its sidecars: Slipway's own ones alone. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Files } from '../../core/ports/files';
import { placedPlatforms, type PlacedSidecars } from '../../core/sidecar/placed-sidecars';
import { configTexts } from '../../core/sidecar/tauri-config';
import type { TauriProject } from './tauri-project';

/**
 * Writes what is needed for what is in place, and removes what is not needed any more.
 * @returns the digests of what was written, and the files of such a name that are somebody's own: they are left alone
 */
export async function writeHostConfigs(
  { files, project, isForced }: { readonly files: Files; readonly project: TauriProject; readonly isForced: boolean },
  after: PlacedSidecars,
): Promise<{ readonly written: Readonly<Record<string, string>>; readonly foreign: readonly string[] }> {
  const texts = configTexts(placedPlatforms(after), project.host);
  const written: Record<string, string> = {};
  const foreign: string[] = [];
  const place = (name: string) => path.join(project.directory, ...name.split('/'));
  const isOwn = async (name: string) =>
    (await files.stat(place(name))) === undefined || digest(await files.readText(place(name))) === after.configs[name];
  for (const [name, text] of texts) {
    const isSystemWide = !name.includes('/');
    // Without having read the host's own lists nothing may replace them unasked.
    if (isSystemWide && !project.isRead) continue;
    if (isSystemWide && !isForced && !(await isOwn(name)) && (await files.readText(place(name))) !== text) foreign.push(name);
    else {
      await files.write(place(name), text);
      written[name] = digest(text);
    }
  }
  for (const name of Object.keys(after.configs)) if (!texts.has(name) && (await isOwn(name))) await files.remove(place(name));
  return { written, foreign };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

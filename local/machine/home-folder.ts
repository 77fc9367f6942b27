/** Owns the judgement of `$SLIPWAY_HOME` as a place: who looks for builds in something that is no folder would be told that there are none. */
import path from 'node:path';
import { SlipwayError } from '../../core/slipway-error';
import type { Files } from '../../core/ports/files';

/**
 * One that is not there yet is made by whatever writes first.
 * @throws SlipwayError `home-not-writable` where something else stands in its place or above it
 */
export async function requireHomeFolder(files: Pick<Files, 'stat' | 'realPath'>, homeDirectory: string): Promise<void> {
  const inTheWay = await whatIsNoFolder(files, homeDirectory);
  if (inTheWay === undefined) return;
  throw new SlipwayError('home-not-writable', `Slipway keeps its builds and tools in '${homeDirectory}', and '${inTheWay}' is no folder`, {
    hint: `set SLIPWAY_HOME to a folder, or move '${inTheWay}' away`,
    details: { homeDirectory, inTheWay },
  });
}

async function whatIsNoFolder(files: Pick<Files, 'stat' | 'realPath'>, place: string): Promise<string | undefined> {
  const kind = (await files.stat(place))?.kind;
  if (kind === undefined) return place === path.dirname(place) ? undefined : whatIsNoFolder(files, path.dirname(place));
  const isFolder = kind === 'link' ? await leadsToFolder(files, place) : kind === 'directory';
  return isFolder ? undefined : place;
}

async function leadsToFolder(files: Pick<Files, 'stat' | 'realPath'>, link: string): Promise<boolean> {
  try {
    return (await files.stat(await files.realPath(link)))?.kind === 'directory';
  } catch {
    return false; // It leads nowhere.
  }
}

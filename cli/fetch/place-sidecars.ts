/**
 * Owns putting the sidecars of a build into a Tauri host's `src-tauri`: all platforms at once, each file or folder by one rename, the
 * configuration last. What an earlier build left goes, what others put there stays.
 */
import path from 'node:path';
import { jobsOf, type Artifact, type BuildRecord } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import type { PlatformId } from '../../core/platform';
import type { Files } from '../../core/ports/files';
import { jsonText } from '../../core/sidecar/tauri-layout';
import {
  NOTHING_PLACED,
  parsePlaced,
  PLACED_FILE,
  placedPlatforms,
  platformsOf,
  type PlacedApp,
  type PlacedSidecar,
  type PlacedSidecars,
} from '../../core/sidecar/placed-sidecars';
import { SlipwayError } from '../../core/slipway-error';
import { conflict, fetchFile } from './fetch-file';
import { writeHostConfigs } from './host-config';
import type { TauriProject } from './tauri-project';
import { findSidecars, isInPlace, targetsOf, type SidecarPart } from './unpacked-sidecars';

/** Beside what it fills, where a rename is one step. One that a killed run left is emptied by the next. */
const STAGING = '.slipway-placing';

export interface PlaceRequest {
  readonly files: Files;
  readonly builds: BuildService;
  readonly record: BuildRecord;
  readonly project: TauriProject;
  /** Absent: every platform of the build that succeeded. */
  readonly platforms: readonly PlatformId[] | undefined;
  /** Replaces what is in the way and not known to be Slipway's. */
  readonly isForced: boolean;
}

export interface PlacedResult {
  readonly placed: readonly { readonly platform: PlatformId; readonly paths: readonly string[]; readonly wasThere: boolean }[];
  /** Platforms of the build that have no sidecar here, with the reason. */
  readonly missing: readonly { readonly platform: PlatformId; readonly reason: string }[];
  /** What an earlier build had put there. */
  readonly removed: readonly string[];
  readonly configs: readonly string[];
  /** Files of that name which are somebody's own: they were left alone, and do not name the sidecars. */
  readonly foreignConfigs: readonly string[];
}

interface Arrival {
  readonly platform: PlatformId;
  readonly archives: readonly string[];
  readonly sidecars: readonly PlacedSidecar[];
  readonly parts: readonly SidecarPart[];
  readonly wasThere: boolean;
}

/**
 * @throws SlipwayError `no-sidecars`, `download-conflict` before anything is changed, `checksum-mismatch`, `archive-unsafe`,
 *   `record-corrupt`
 */
export async function placeSidecars(request: PlaceRequest): Promise<PlacedResult> {
  const { files, project, record } = request;
  const staging = path.join(project.directory, STAGING);
  await files.remove(staging);
  try {
    const before = await readPlaced(files, project.directory);
    const { arrivals, missing } = await gather(request, before, staging);
    if (arrivals.length === 0) throw noSidecars(record, missing);
    await requireOwn(request, before, arrivals);
    const after = withArrivals(before, record, arrivals);
    // Both are Slipway's while files move: a run that is cut short here is mended by the next one.
    await writePlaced(files, project.directory, unionOf(before, after));
    for (const [index, part] of arrivals.flatMap(({ parts }) => parts).entries())
      await swapIn(request, part, path.join(staging, `old-${index}`));
    const removed = await removeStale(request, before, after);
    const configs = await writeHostConfigs(request, after);
    await writePlaced(files, project.directory, { ...after, configs: configs.written });
    return {
      placed: arrivals.map(({ platform, sidecars, wasThere }) => ({
        platform,
        paths: sidecars.flatMap((sidecar) => targetsOf(sidecar, platform)),
        wasThere,
      })),
      missing,
      removed,
      configs: Object.keys(configs.written).sort(),
      foreignConfigs: configs.foreign,
    };
  } finally {
    await files.remove(staging);
  }
}

async function readPlaced(files: Files, directory: string): Promise<PlacedSidecars> {
  const file = path.join(directory, ...PLACED_FILE.split('/'));
  return (await files.stat(file)) === undefined ? NOTHING_PLACED : parsePlaced(await files.readText(file), file);
}

async function writePlaced(files: Files, directory: string, placed: PlacedSidecars): Promise<void> {
  await files.write(path.join(directory, ...PLACED_FILE.split('/')), jsonText(placed));
}

/** Fetches and unpacks what is not in place yet. */
async function gather(
  request: PlaceRequest,
  before: PlacedSidecars,
  staging: string,
): Promise<{ readonly arrivals: readonly Arrival[]; readonly missing: PlacedResult['missing'] }> {
  const arrivals: Arrival[] = [];
  const missing: { readonly platform: PlatformId; readonly reason: string }[] = [];
  for (const [platform, job] of jobsOf(request.record)) {
    if (request.platforms !== undefined && !request.platforms.includes(platform)) continue;
    const archives = job.artifacts.filter(({ kind }) => kind === 'archive');
    if (job.status !== 'succeeded') missing.push({ platform, reason: `its job is ${job.status}` });
    else {
      const arrival =
        (await thereAlready(request, before, platform, archives)) ?? (await fetchPlatform(request, platform, archives, staging));
      if (arrival.sidecars.length > 0) arrivals.push(arrival);
      else missing.push({ platform, reason: 'no binary of it is a sidecar' });
    }
  }
  return { arrivals, missing };
}

async function thereAlready(
  { files, record, project }: PlaceRequest,
  before: PlacedSidecars,
  platform: PlatformId,
  archives: readonly Artifact[],
): Promise<Arrival | undefined> {
  const known = before.apps[record.name]?.platforms[platform];
  if (known?.archives.join() !== archives.map(({ sha256 }) => sha256).join()) return undefined;
  for (const sidecar of known.sidecars) if (!(await isInPlace(files, project.directory, sidecar, platform))) return undefined;
  return { platform, ...known, parts: [], wasThere: true };
}

async function fetchPlatform(
  { files, builds, record }: PlaceRequest,
  platform: PlatformId,
  archives: readonly Artifact[],
  staging: string,
): Promise<Arrival> {
  const { unpackArchive } = await import('./unpack-archive'); // Only here are the readers of archives needed.
  const sidecars: PlacedSidecar[] = [];
  const parts: SidecarPart[] = [];
  for (const artifact of archives) {
    const fetched = await fetchFile(files, builds, record.buildId, staging, { path: `${platform}/${artifact.file}`, parts: [artifact] });
    const unpacked = path.join(staging, platform, `${artifact.file}.unpacked`);
    await unpackArchive(files, fetched.path, unpacked);
    for (const { name } of await files.list(unpacked)) {
      for (const found of await findSidecars(files, path.join(unpacked, name), platform)) {
        sidecars.push(found.sidecar);
        parts.push(...found.parts);
      }
    }
  }
  return { platform, archives: archives.map(({ sha256 }) => sha256), sidecars, parts, wasThere: false };
}

function noSidecars(record: BuildRecord, missing: PlacedResult['missing']): SlipwayError {
  const told = missing.map(({ platform, reason }) => `${platform}: ${reason}`).join('; ');
  return new SlipwayError('no-sidecars', `build '${record.buildId}' of '${record.name}' has no sidecar for a Tauri host (${told})`, {
    hint: 'write sidecar: { host: tauri } under the binary in slipway.yaml, and build again',
    details: { missing },
  });
}

/** What lies where a sidecar goes must be one that was put there before. */
async function requireOwn({ files, project, isForced }: PlaceRequest, before: PlacedSidecars, arrivals: readonly Arrival[]): Promise<void> {
  const own = new Set(allTargets(before));
  const inTheWay: string[] = [];
  for (const { target } of arrivals.flatMap(({ parts }) => parts)) {
    const place = path.join(project.directory, ...target.split('/'));
    if (!own.has(target) && (await files.stat(place)) !== undefined) inTheWay.push(place);
  }
  if (inTheWay.length > 0 && !isForced) throw conflict(inTheWay);
}

function allTargets(placed: PlacedSidecars): readonly string[] {
  return placedPlatforms(placed).flatMap(({ platform, sidecars }) => sidecars.flatMap((sidecar) => targetsOf(sidecar, platform)));
}

/** All sidecars of one application are of one build: platforms of another one are stale, whichever were asked for. */
function withArrivals(before: PlacedSidecars, { name, buildId, version }: BuildRecord, arrivals: readonly Arrival[]): PlacedSidecars {
  const known = before.apps[name];
  const platforms = { ...(known?.buildId === buildId ? known.platforms : {}) };
  for (const { platform, archives, sidecars } of arrivals) platforms[platform] = { archives: [...archives], sidecars: [...sidecars] };
  return { ...before, apps: { ...before.apps, [name]: { buildId, version, platforms } } };
}

function unionOf(before: PlacedSidecars, after: PlacedSidecars): PlacedSidecars {
  const apps = Object.entries(after.apps).map(([name, app]): [string, PlacedApp] => {
    const platforms = { ...before.apps[name]?.platforms, ...app.platforms };
    for (const [platform, { sidecars }] of platformsOf(before.apps[name] ?? { ...app, platforms: {} })) {
      const now = app.platforms[platform];
      const gone = sidecars.filter((old) => now?.sidecars.every((next) => next.name !== old.name || next.form !== old.form) ?? false);
      if (now !== undefined && gone.length > 0) platforms[platform] = { archives: [], sidecars: [...now.sidecars, ...gone] };
    }
    return [name, { ...app, platforms }];
  });
  return { ...after, apps: Object.fromEntries(apps) };
}

async function swapIn({ files, project }: PlaceRequest, { source, target }: SidecarPart, old: string): Promise<void> {
  const place = path.join(project.directory, ...target.split('/'));
  await files.makeDirectory(path.dirname(place));
  if ((await files.stat(place)) !== undefined) await files.move(place, old);
  await files.move(source, place);
}

async function removeStale({ files, project }: PlaceRequest, before: PlacedSidecars, after: PlacedSidecars): Promise<readonly string[]> {
  const kept = new Set(allTargets(after));
  const stale = allTargets(before).filter((target) => !kept.has(target));
  for (const target of stale) {
    const place = path.join(project.directory, ...target.split('/'));
    await files.remove(place);
    const parent = path.dirname(place);
    // The folder of a sidecar's resources, once the last platform has gone.
    if (target.startsWith('resources/') && (await files.stat(parent)) !== undefined && (await files.list(parent)).length === 0)
      await files.remove(parent);
  }
  return stale.sort();
}

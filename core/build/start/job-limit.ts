/**
 * Owns how many jobs may be open at once in a stage. A build takes its places before it is recorded and gives them back at its end:
 * its key below `index/open/` is written first and counted after, so that of two starts at the same moment never both slip through.
 * At the edge both may be refused; the error says that the call may be made again.
 */
import { z } from 'zod';
import type { BuildPorts } from '../build-ports';
import { isOpen, jobsOf } from '../build-record';
import { mapConcurrently, STORE_CONCURRENCY } from '../../concurrency';
import { IdSchema } from '../../identifier';
import { SlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';
import { findBuild } from '../stored-build';
import { createOnce, unlessDamaged } from '../../ledger-outcome';

/** A build that has no record so long after its key was written never gets one: no start takes that long. */
export const RECORD_GRACE_MS = 15 * 60_000;

/** `index/open/<buildId>`: what is known of a build before its record is there. */
export const OpenBuildSchema = z.strictObject({ schemaVersion: z.literal(1), createdAt: z.iso.datetime(), jobCount: z.int().min(0) });
export type OpenBuild = z.infer<typeof OpenBuildSchema>;

/**
 * Before anything is written or sent: whether there is room at all.
 * @throws SlipwayError `build-limit-reached` (passes by itself), `build-limit-exceeded` (never will)
 */
export async function requirePlaces(ports: BuildPorts, buildId: string, jobCount: number): Promise<void> {
  const { concurrentJobs } = ports;
  if (concurrentJobs === undefined) return;
  if (jobCount > concurrentJobs) {
    throw new SlipwayError('build-limit-exceeded', `the build asks for '${jobCount}' jobs at once, and ${concurrentJobs} are permitted`, {
      hint: 'name fewer platforms with --platform, or raise concurrentJobs in the settings and run slipway deploy',
      details: { jobCount, concurrentJobs },
    });
  }
  const others = (await ports.ledger.keys(storageKey.openBuilds)).filter((key) => key !== storageKey.openBuild(buildId));
  const held = await mapConcurrently(others, STORE_CONCURRENCY, (key) => placesOf(ports, key));
  const open = held.filter(({ jobs }) => jobs > 0);
  const openJobs = open.reduce((sum, { jobs }) => sum + jobs, 0);
  if (openJobs + jobCount <= concurrentJobs) return;
  const builds = open.map((each) => each.buildId);
  throw new SlipwayError(
    'build-limit-reached',
    `'${openJobs}' jobs of ${builds.length} builds are open, and ${concurrentJobs} are permitted: there is no room for ${jobCount} more`,
    {
      hint: `wait, or end one with slipway cancel ${builds[0] ?? 'BUILD'}; slipway builds shows them`,
      details: { openJobs, jobCount, concurrentJobs, builds: builds.slice(0, 20) },
    },
  );
}

/**
 * Takes the places of a build that has no record yet. A request that is sent again keeps those that it took.
 * @returns false where an earlier sending of the same request had taken them
 * @throws SlipwayError as {@link requirePlaces}; nothing is taken then
 */
export async function takePlaces(ports: BuildPorts, buildId: string, jobCount: number): Promise<boolean> {
  const key = storageKey.openBuild(buildId);
  if (!(await createOpenBuild(ports, buildId, jobCount))) return false;
  try {
    await requirePlaces(ports, buildId, jobCount);
  } catch (thrown) {
    await ports.ledger.remove(key);
    throw thrown;
  }
  return true;
}

/** @returns false where it was there already */
export async function createOpenBuild(ports: BuildPorts, buildId: string, jobCount: number): Promise<boolean> {
  const body: OpenBuild = { schemaVersion: 1, createdAt: new Date(ports.clock.nowMs()).toISOString(), jobCount };
  return createOnce(ports.ledger, storageKey.openBuild(buildId), body);
}

/** The id in a key below `index/open/`; undefined for a key that is none of ours. */
export function buildIdOfOpenKey(key: string): string | undefined {
  return IdSchema.safeParse(key.slice(storageKey.openBuilds.length)).data;
}

async function placesOf(ports: BuildPorts, key: string): Promise<{ readonly buildId: string; readonly jobs: number }> {
  const buildId = buildIdOfOpenKey(key) ?? '';
  // A damaged record holds no place: it must not keep others from building.
  const record = await unlessDamaged(() => findBuild(ports, buildId));
  if (record !== undefined) return { buildId, jobs: jobsOf(record).filter(([, job]) => isOpen(job.status)).length };
  const open = OpenBuildSchema.safeParse((await ports.ledger.read(key))?.body).data;
  const isComing = open !== undefined && ports.clock.nowMs() - Date.parse(open.createdAt) < RECORD_GRACE_MS;
  return { buildId, jobs: isComing ? open.jobCount : 0 };
}

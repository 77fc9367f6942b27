/**
 * What is left to do when the last job of a build is closed: tidy up, the manifest, the pointer, what people read and are told.
 * Each of it may have been done before; the key of the open build goes last, so whatever was cut short is finished by the next sweep.
 */
import { announceEnd } from './announce-end';
import { JobResultSchema, manifestOf, NO_RESULT, type JobResult } from '../build-manifest';
import type { BuildPorts } from '../build-ports';
import { buildStatus, jobsOf, type BuildRecord, type JobRecord } from '../build-record';
import { mapConcurrently, STORE_CONCURRENCY } from '../../concurrency';
import { parseRecord } from '../parse-record';
import type { PlatformId } from '../../platform';
import { advancePointer } from '../pointer';
import { toSlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';
import { hasCode } from '../stored-build';
import { createOnce } from '../../ledger-outcome';

/** @throws SlipwayError `parameter-not-written`, or what the store and the notices say; the build itself has ended all the same */
export async function finishBuild(ports: BuildPorts, record: BuildRecord): Promise<void> {
  await writeManifest(ports, record);
  if (isRelease(record)) await advancePointer(ports, record);
  const openKey = storageKey.openBuild(record.buildId);
  if ((await ports.ledger.read(openKey)) === undefined) return; // All of it was done before.
  const [published, announced] = await Promise.allSettled([publish(ports, record), announceEnd(ports, record)]);
  if (published.status === 'rejected') throw published.reason;
  if (announced.status === 'rejected') throw announced.reason;
  if (announced.value) await ports.ledger.remove(openKey);
}

async function publish(ports: BuildPorts, record: BuildRecord): Promise<void> {
  if (isRelease(record)) await ports.publishLatest?.(record.name);
}

/** Whether people who ask for the newest build may mean this one. */
function isRelease(record: BuildRecord): boolean {
  return buildStatus(record) === 'succeeded' && record.trial === undefined;
}

async function writeManifest(ports: BuildPorts, record: BuildRecord): Promise<void> {
  const key = storageKey.buildManifest(record.buildId);
  if (await isWritten(ports, key)) return;
  const results = new Map<PlatformId, JobResult>();
  for (const [platform, job] of jobsOf(record)) {
    const warnings = await tidyUp(ports, record.buildId, platform, job);
    const result = await readJobResult(ports, record.buildId, platform);
    results.set(platform, { ...result, warnings: [...result.warnings, ...warnings] });
  }
  await createOnce(ports.ledger, key, manifestOf(record, results));
}

/** A damaged one is left to whoever reads it: it must not keep anybody from the build's status, log and files. */
async function isWritten(ports: BuildPorts, key: string): Promise<boolean> {
  try {
    return (await ports.ledger.read(key)) !== undefined;
  } catch (thrown) {
    if (hasCode(thrown, 'record-corrupt')) return true;
    throw thrown;
  }
}

/**
 * @throws SlipwayError `record-corrupt`: what was found in a program, secrets among it, must not turn into nothing found
 */
async function readJobResult(ports: BuildPorts, buildId: string, platform: PlatformId): Promise<JobResult> {
  const entry = await ports.ledger.read(storageKey.jobResult(buildId, platform));
  return entry === undefined ? NO_RESULT : parseRecord(JobResultSchema, entry);
}

/** @returns what could not be tidied up: that must not keep a finished build from being one */
async function tidyUp(ports: BuildPorts, buildId: string, platform: PlatformId, job: JobRecord): Promise<readonly string[]> {
  try {
    const staged = await ports.artifacts.list(storageKey.stagingPrefix(buildId, platform, job.nonce));
    await mapConcurrently(staged, STORE_CONCURRENCY, ({ key }) => ports.artifacts.remove(key));
    if (job.runnerId !== undefined) await ports.runner.release?.(job.runnerId, job.status === 'succeeded' ? 'succeeded' : 'failed');
    return [];
  } catch (thrown) {
    return [`what the build left behind could not be removed: ${toSlipwayError(thrown).message}`];
  }
}

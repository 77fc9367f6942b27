/** Use-case: the manifest of a build. It follows from the record and the results, so a damaged one is replaced by nobody but on request. */
import { BuildManifestSchema, type BuildManifest } from './build-manifest';
import { parseRecord } from './parse-record';
import type { Ledger } from '../ports/ledger';
import { isSlipwayError, SlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

/**
 * @returns undefined while the build is open
 * @throws SlipwayError `record-corrupt` that says how it is written anew
 */
export async function readManifest(ledger: Ledger, buildId: string): Promise<BuildManifest | undefined> {
  const key = storageKey.buildManifest(buildId);
  try {
    const entry = await ledger.read(key);
    return entry === undefined ? undefined : parseRecord(BuildManifestSchema, entry);
  } catch (thrown) {
    if (!isSlipwayError(thrown) || thrown.code !== 'record-corrupt' || 'schemaVersion' in thrown.details) throw thrown;
    const { place } = thrown.details;
    throw new SlipwayError('record-corrupt', thrown.message, {
      hint: `remove '${typeof place === 'string' ? place : key}' and run slipway status ${buildId}: it is written anew`,
      details: thrown.details,
      cause: thrown,
    });
  }
}

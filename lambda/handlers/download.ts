/** Answers a build's manifest, and addresses by which its files are fetched for a while. The files themselves never pass through here. */
import { DownloadCallSchema, type DownloadAnswer } from '../../core/api/build-calls';
import { findArtifact } from '../../core/build/fetch-artifacts';
import { readManifest } from '../../core/build/read-manifest';
import { readBuild } from '../../core/build/stored-build';
import type { PlatformId } from '../../core/platform';
import type { Ledger } from '../../core/ports/ledger';
import type { Transfers } from '../../core/ports/transfers';
import { storageKey } from '../../core/storage-key';
import { handleCalls, type CallHandler, type HandlePorts } from '../handle';

export interface DownloadHandlerPorts extends HandlePorts {
  readonly ledger: Ledger;
  readonly transfers: Transfers;
}

/** Until a download must have begun; one that has begun is not cut off, and one that broke off asks again. */
const DOWNLOAD_SECONDS = 15 * 60;

export function createHandler(ports: DownloadHandlerPorts): CallHandler {
  return handleCalls('download', DownloadCallSchema, ports, (call, note) => {
    note({ buildId: call.buildId });
    return call.query === 'manifest' ? manifestOf(ports, call.buildId) : artifactOf(ports, call);
  });
}

async function manifestOf(ports: DownloadHandlerPorts, buildId: string): Promise<DownloadAnswer> {
  const manifest = await readManifest(ports.ledger, buildId);
  if (manifest === undefined) await readBuild(ports, buildId); // Told apart: a build that is open, and one that is none.
  return { query: 'manifest', manifest: manifest ?? null };
}

async function artifactOf(
  { ledger, transfers }: DownloadHandlerPorts,
  { buildId, platform, file }: { readonly buildId: string; readonly platform: PlatformId; readonly file: string },
): Promise<DownloadAnswer> {
  const { versionId, sizeBytes, sha256 } = findArtifact(await readBuild({ ledger }, buildId), platform, file);
  const key = storageKey.buildFile(buildId, platform, file);
  const { url, expiresAt } = await transfers.download({ key, versionId, file, expiresInSeconds: DOWNLOAD_SECONDS });
  return { query: 'artifact', url, sizeBytes, sha256, expiresAt };
}

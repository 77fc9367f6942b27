/**
 * Owns the reuse of a finished job's result by an equal one: same source, same job, same tools, same host.
 * Results belong to an application; only jobs that succeeded write one. Bytes are hashed again before they count.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { BuildPorts } from '../build-ports';
import { ArtifactSchema, type Artifact } from '../build-record';
import { JobResultSchema, type JobResult } from '../build-manifest';
import type { BuildRequest, JobTemplate } from '../build-request';
import { mapConcurrently, STORE_CONCURRENCY } from '../../concurrency';
import { IdSchema } from '../../identifier';
import { keepArtifact } from './keep-artifact';
import { PlatformIdSchema, type PlatformId } from '../../platform';
import { canonicalJson } from '../../provenance/canonical-json';
import { storageKey } from '../../storage-key';
import { hasCode } from '../stored-build';
import { createOnce, unlessDamaged } from '../../ledger-outcome';

const ReusableResultSchema = z.strictObject({
  schemaVersion: z.literal(1),
  buildId: IdSchema,
  platform: PlatformIdSchema,
  /** When the result was made. */
  endedAt: z.iso.datetime(),
  /** As they lie under the build that made them. */
  artifacts: z.array(ArtifactSchema).min(1),
  result: JobResultSchema,
});
export type ReusableResult = z.infer<typeof ReusableResultSchema>;

/**
 * The name of a result. The commit is no part of it, its time is: archives carry it.
 * @param toolIdentity see {@link BuildPorts.toolIdentity}
 */
export function resultKeyOf(source: BuildRequest['source'], template: JobTemplate, platform: PlatformId, toolIdentity: string): string {
  const { sha256, epochSeconds, projectPath } = source;
  const inputs = { version: 1, source: { sha256, epochSeconds, projectPath }, job: template, platform, toolIdentity };
  return createHash('sha256').update(canonicalJson(inputs)).digest('hex');
}

/** @returns undefined where there is none, or where what is there cannot be read: the build is then simply done */
export async function findReusableResult(
  ports: Pick<BuildPorts, 'ledger'>,
  name: string,
  key: string,
): Promise<ReusableResult | undefined> {
  const place = storageKey.reusableResult(name, key);
  return unlessDamaged(async () => ReusableResultSchema.safeParse((await ports.ledger.read(place))?.body).data);
}

/** The newest result replaces an older one of the same inputs: its artifacts are the likelier ones to be there still. */
export async function storeReusableResult(
  ports: Pick<BuildPorts, 'ledger'>,
  name: string,
  key: string,
  found: ReusableResult,
): Promise<void> {
  const place = storageKey.reusableResult(name, key);
  if (await createOnce(ports.ledger, place, found)) return;
  await ports.ledger.remove(place);
  await createOnce(ports.ledger, place, found);
}

/** What a reader of the manifest should know about a reused result. */
export function reuseNotes(template: JobTemplate, found: { readonly buildId: string; readonly endedAt: string }): readonly string[] {
  const isUnlocked = template.binaries.some((binary) => binary.python !== undefined && binary.python.dependencies.lock === undefined);
  return [
    `the result of build ${found.buildId} was reused`,
    ...(isUnlocked
      ? [
          `dependencies are not locked: the reused result keeps the versions that were resolved on ${found.endedAt}; --no-cache resolves them again`,
        ]
      : []),
  ];
}

/**
 * Copies artifacts of one build to another, each proved by its digest on the way.
 * @returns undefined where any of them is gone or damaged; nothing is left then
 */
export async function copyArtifacts(
  ports: Pick<BuildPorts, 'artifacts'>,
  from: string,
  artifacts: readonly Artifact[],
  to: string,
): Promise<readonly Artifact[] | undefined> {
  const copied: Artifact[] = [];
  try {
    for (const artifact of artifacts) {
      const proved = { ...artifact, key: storageKey.buildFile(from, artifact.platform, artifact.file) };
      const stored = await keepArtifact(ports.artifacts, proved, storageKey.buildFile(to, artifact.platform, artifact.file));
      copied.push({ ...artifact, versionId: stored.versionId });
    }
    return copied;
  } catch (thrown) {
    // A failure that passes leaves what it has copied: the same request, sent at the same moment, may count on it already.
    if (!hasCode(thrown, 'artifact-not-found') && !hasCode(thrown, 'checksum-mismatch')) throw thrown;
    await mapConcurrently(copied, STORE_CONCURRENCY, ({ platform, file }) =>
      ports.artifacts.remove(storageKey.buildFile(to, platform, file)),
    );
    return undefined;
  }
}

/** Keeps what a job's report said until the manifest is written. The first to come stays. */
export async function keepJobResult(
  ports: Pick<BuildPorts, 'ledger'>,
  buildId: string,
  platform: PlatformId,
  result: JobResult,
): Promise<void> {
  await createOnce(ports.ledger, storageKey.jobResult(buildId, platform), result);
}

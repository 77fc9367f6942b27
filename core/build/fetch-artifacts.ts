/** Use-case: which files of a build a person gets, and under which names, so that no two of them fall on each other. */
import type { Readable } from 'node:stream';
import type { BuildPorts } from './build-ports';
import { isOpen, jobsOf, type Artifact, type BuildRecord, type JobRecord } from './build-record';
import type { PlatformId } from '../platform';
import { SlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

/** One file as it will lie in the folder; several artifacts only where checksum lists are joined. */
export interface FetchedFile {
  /** Relative, forward slashes. */
  readonly path: string;
  readonly parts: readonly Artifact[];
}

/**
 * The files of the platforms that are ready.
 * Lists of checksums are joined; other files of one name and different content go into a folder per platform.
 * @param platforms absent: every platform that succeeded
 * @throws SlipwayError `platform-not-in-build`, `build-open`, `no-artifacts`
 */
export function selectArtifacts(record: BuildRecord, platforms?: readonly PlatformId[]): readonly FetchedFile[] {
  for (const platform of platforms ?? []) requireSucceeded(record, platform);
  const artifacts = jobsOf(record)
    .filter(([platform, job]) => job.status === 'succeeded' && (platforms === undefined || platforms.includes(platform)))
    .flatMap(([, job]) => job.artifacts);
  if (artifacts.length === 0) throw nothingThere(record);
  const byName = new Map<string, Artifact[]>();
  for (const artifact of artifacts) byName.set(artifact.file, [...(byName.get(artifact.file) ?? []), artifact]);
  return [...byName.values()].flatMap(placed);
}

function placed(namesakes: readonly Artifact[]): readonly FetchedFile[] {
  const [first] = namesakes;
  if (first === undefined) return [];
  if (namesakes.every((artifact) => artifact.sha256 === first.sha256)) return [{ path: first.file, parts: [first] }];
  if (first.kind === 'checksums') return [{ path: first.file, parts: namesakes }];
  return namesakes.map((artifact) => ({ path: `${artifact.platform}/${artifact.file}`, parts: [artifact] }));
}

function requireSucceeded(record: BuildRecord, platform: PlatformId): void {
  const job = record.jobs[platform];
  if (job === undefined) {
    throw new SlipwayError('platform-not-in-build', `build '${record.buildId}' has no '${platform}'`, {
      hint: `it has ${jobsOf(record)
        .map(([id]) => id)
        .join(', ')}`,
    });
  }
  if (job.status !== 'succeeded') throw notReady(record, platform, job);
}

function notReady(record: BuildRecord, platform: PlatformId, job: JobRecord): SlipwayError {
  return isOpen(job.status)
    ? new SlipwayError('build-open', `'${platform}' of build '${record.buildId}' is still ${job.status}`, {
        hint: `wait with slipway status ${record.buildId} --watch`,
      })
    : new SlipwayError('no-artifacts', `'${platform}' of build '${record.buildId}' has no artifacts: its job ended as '${job.status}'`, {
        hint: `see slipway status ${record.buildId}`,
      });
}

function nothingThere(record: BuildRecord): SlipwayError {
  const [platform, job] = jobsOf(record).find(([, candidate]) => isOpen(candidate.status)) ?? jobsOf(record)[0] ?? [];
  if (platform !== undefined && job !== undefined && job.status !== 'succeeded') return notReady(record, platform, job);
  return new SlipwayError('no-artifacts', `build '${record.buildId}' has no artifacts`);
}

/** @throws SlipwayError `platform-not-in-build`, `build-open`, `no-artifacts`, `artifact-not-found` */
export function findArtifact(record: BuildRecord, platform: PlatformId, file: string): Artifact {
  requireSucceeded(record, platform);
  const artifacts = record.jobs[platform]?.artifacts ?? [];
  const found = artifacts.find((artifact) => artifact.file === file);
  if (found !== undefined) return found;
  throw new SlipwayError('artifact-not-found', `'${platform}' of build '${record.buildId}' has no file '${file}'`, {
    hint: `it has ${artifacts.map((artifact) => artifact.file).join(', ')}`,
  });
}

/** @throws SlipwayError `artifact-not-found`; the stream fails with `checksum-mismatch` when the bytes have changed */
export function openArtifact(ports: Pick<BuildPorts, 'artifacts'>, buildId: string, artifact: Artifact): Promise<Readable> {
  return ports.artifacts.read(storageKey.buildFile(buildId, artifact.platform, artifact.file), { versionId: artifact.versionId });
}

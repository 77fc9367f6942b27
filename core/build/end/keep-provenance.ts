/**
 * Writes the provenance of a job that has succeeded: who made which bytes of what. No builder can write there, so whoever trusts the
 * store trusts what it says of the build. Several may settle a job at once, and the first statement about the same bytes stays.
 */
import { createHash } from 'node:crypto';
import type { BuildPorts } from '../build-ports';
import type { Artifact } from '../build-record';
import { digestOfStored } from './keep-artifact';
import type { EndedJob, JobIdentity } from './job-verdict';
import { unlessDamaged } from '../../ledger-outcome';
import type { ArtifactStore, StoredFile } from '../../ports/artifact-store';
import { provenanceFileName, provenanceOf } from '../../provenance/slsa-provenance';
import { formatStatement, readStatement } from '../../provenance/statement';
import { readRequest } from '../read-request';
import type { Report } from '../../job/report';
import { storageKey } from '../../storage-key';

export async function keepProvenance(
  ports: BuildPorts,
  { record, platform, job }: JobIdentity,
  end: EndedJob,
  report: Report,
  artifacts: readonly Artifact[],
): Promise<Artifact> {
  // Without its request a build has still made what it has made: the statement then says less of why.
  const request = await unlessDamaged(() => readRequest(ports, record.buildId));
  const statement = provenanceOf({
    record,
    platform,
    job,
    report,
    artifacts,
    builderId: ports.builderId(platform),
    ...(request === undefined ? {} : { request }),
    ...(end.startedAt === undefined ? {} : { startedAt: end.startedAt }),
    ...(end.endedAt === undefined ? {} : { endedAt: end.endedAt }),
  });
  const file = provenanceFileName(record.name, platform);
  const kept = await keepText(ports, storageKey.buildFile(record.buildId, platform, file), formatStatement(statement));
  return { file, kind: 'provenance', platform, ...kept };
}

type Kept = Pick<Artifact, 'sizeBytes' | 'sha256' | 'versionId'>;

/**
 * A second writer would make the first one's bytes an earlier version, which a lifecycle deletes before the record that names it.
 * What an attempt that was judged by other bytes has left gives way: no record names it.
 */
async function keepText({ artifacts, streamOf }: Pick<BuildPorts, 'artifacts' | 'streamOf'>, key: string, text: string): Promise<Kept> {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const open = () => streamOf(bytes);
  const stored = await artifacts.put(key, open, { ifAbsent: true });
  const found = await digestOfStored(artifacts, stored);
  if (found === sha256 || (await isAboutTheSame(artifacts, stored, text))) {
    return { sizeBytes: stored.sizeBytes, sha256: found, versionId: stored.versionId };
  }
  const { sizeBytes, versionId } = await artifacts.put(key, open, { sha256 });
  return { sizeBytes, sha256, versionId };
}

/** Another settlement may have seen the job end a little otherwise: its statement is as good as this one. */
async function isAboutTheSame(artifacts: ArtifactStore, { key, versionId, sizeBytes }: StoredFile, text: string): Promise<boolean> {
  const [ours, theirs] = [readStatement(text), sizeBytes > MOST_BYTES ? undefined : readStatement(await textOf(artifacts, key, versionId))];
  return theirs !== undefined && JSON.stringify(theirs.subject) === JSON.stringify(ours?.subject);
}

/** Of a statement that is read as a whole: the configuration of a build, and a digest for each of its files. */
const MOST_BYTES = 4 * 1024 * 1024;

async function textOf(artifacts: ArtifactStore, key: string, versionId: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await artifacts.read(key, { versionId })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

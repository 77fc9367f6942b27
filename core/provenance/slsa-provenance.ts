/**
 * Owns what a build's provenance says. It is written where jobs are settled and never by a builder, from what was recorded, observed
 * and hashed there. What only the builder says is in it too, and is marked as its claim. Pure: the same job gives the same text.
 */
import { createHash } from 'node:crypto';
import type { Artifact, BuildRecord, JobRecord } from '../build/build-record';
import type { BuildRequest, JobTemplate } from '../build/build-request';
import { artifactBaseName } from '../job/artifact-name';
import type { Report, Tool } from '../job/report';
import type { PlatformId } from '../platform';
import { canonicalJson } from './canonical-json';
import { packageUrl } from './package-url';
import { PREDICATE_TYPE, PROVENANCE_SUFFIX, STATEMENT_TYPE, type ProvenanceStatement, type ResourceDescriptor } from './statement';

/** What the parameters below mean: docs/provenance.md. Slipway has no public site, so that this address leads nowhere. */
export const BUILD_TYPE = 'urn:slipway:build-type:v1';

/** A build on somebody's own machine: nobody but them vouches for it, and it says nothing of which machine that was. */
export const LOCAL_BUILDER_ID = 'urn:slipway:builder:local';

/** Whose word a part of a statement is, where it is not that of whoever settled the build. */
const CLAIMED = { claimedBy: 'builder report' } as const;

export interface ProvenanceFacts {
  readonly record: BuildRecord;
  readonly platform: PlatformId;
  readonly job: JobRecord;
  /** What was asked for; absent where the request is gone. */
  readonly request?: BuildRequest;
  readonly report: Report;
  /** Hashed by whoever settles the job, not as the report says. */
  readonly artifacts: readonly Pick<Artifact, 'file' | 'kind' | 'sha256'>[];
  readonly builderId: string;
  /** As the runner saw the job. */
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** Lists of checksums are no product: they follow from the others, and are joined and cut where files of several platforms are handed out. */
export function isSubject({ kind }: Pick<Artifact, 'kind'>): boolean {
  return kind === 'archive' || kind === 'installer' || kind === 'sbom';
}

/** `fieldkit-linux-x86_64.provenance.json`: one for all that a job left. */
export function provenanceFileName(name: string, platform: PlatformId): string {
  return `${artifactBaseName(name, platform)}${PROVENANCE_SUFFIX}`;
}

export function provenanceOf(facts: ProvenanceFacts): ProvenanceStatement {
  const { record, platform, job, report, artifacts, builderId, startedAt, endedAt } = facts;
  return {
    _type: STATEMENT_TYPE,
    subject: artifacts
      .filter(isSubject)
      .map(({ file, sha256 }) => ({ name: file, digest: { sha256 } }))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    predicateType: PREDICATE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: externalParameters(facts),
        internalParameters: { buildId: record.buildId, attempt: job.attempt },
        resolvedDependencies: [...sourcesOf(record), ...report.tools.map(toolDescriptor)],
      },
      runDetails: {
        builder: { id: builderId },
        metadata: {
          invocationId: `${record.buildId}/${platform}/${job.attempt}`,
          ...(startedAt === undefined ? {} : { startedOn: startedAt }),
          ...(endedAt === undefined ? {} : { finishedOn: endedAt }),
        },
      },
    },
  };
}

function externalParameters({ record, platform, request }: ProvenanceFacts): Record<string, unknown> {
  const template = request?.jobs[platform];
  return {
    name: record.name,
    version: record.version,
    platform,
    source: sourceUri(record),
    ...(request === undefined ? {} : { projectPath: request.source.projectPath, sourceDateEpoch: request.source.epochSeconds }),
    ...(template === undefined ? {} : { configuration: configurationOf(template), configurationSha256: digestOf(template) }),
  };
}

/**
 * What decides the bytes. Checks and budgets decide whether there is a build, not what is in it, and their arguments, environment and
 * input are nobody's business who downloads it; the digest is of everything that was asked.
 */
function configurationOf({ binaries, package: packaged, secretNames }: JobTemplate): Record<string, unknown> {
  return { binaries, package: packaged, secretNames };
}

function digestOf(template: JobTemplate): string {
  return createHash('sha256').update(canonicalJson(template)).digest('hex');
}

/** The place of the archive in Slipway's store. */
function sourceUri({ source }: BuildRecord): string {
  return `urn:slipway:source:${source.sha256}`;
}

function sourcesOf(record: BuildRecord): readonly ResourceDescriptor[] {
  const { sha256, git } = record.source;
  const archive: ResourceDescriptor = { name: 'source', uri: sourceUri(record), digest: { sha256 }, mediaType: 'application/zip' };
  if (git === undefined || !/^[0-9a-f]+$/.test(git.commit)) return [archive];
  // Whoever asked for the build says so; what was built is the archive.
  const commit: ResourceDescriptor = {
    name: 'git commit',
    digest: { gitCommit: git.commit },
    annotations: { claimedBy: 'requester', hasUncommittedChanges: git.isDirty },
  };
  return [archive, commit];
}

function toolDescriptor({ name, version }: Tool): ResourceDescriptor {
  return { name, uri: packageUrl({ type: 'generic', name, version }), annotations: { ...CLAIMED, version } };
}

/** Distributions, builds and manifests as tests need them: valid, small, with what matters changed. */
import { createHash } from 'node:crypto';
import type { BuildManifest } from '../../core/build/build-manifest';
import type { Artifact, BuildRecord, JobStatus } from '../../core/build/build-record';
import type { DistributedFile, Distribution } from '../../core/distribution/distribution';
import type { PlatformId } from '../../core/platform';
import type { ArtifactStore } from '../../core/ports/artifact-store';
import type { Ledger } from '../../core/ports/ledger';
import { Readable } from 'node:stream';
import { storageKey } from '../../core/storage-key';

export const sha256Of = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

export function distributedFile(file: string, change: Partial<DistributedFile> = {}): DistributedFile {
  return { file, kind: 'archive', sizeBytes: 10, sha256: sha256Of(file), versionId: 'v1', ...change };
}

export function distributionWith(change: Partial<Distribution> = {}): Distribution {
  return {
    schemaVersion: 1,
    distId: '0123456789abcdef',
    name: 'fieldkit',
    version: '1.4.0',
    createdAt: '2026-03-01T00:00:00.000Z',
    expiresAt: '2026-03-03T00:00:00.000Z',
    allowedRanges: [],
    link: 'gate',
    files: [
      distributedFile('fieldkit-linux-x86_64.tar.gz', { platform: 'linux-x86_64' }),
      distributedFile('SHA256SUMS', { kind: 'checksums' }),
      distributedFile('manifest.json', { kind: 'manifest' }),
    ],
    ...change,
  };
}

export interface StoredBuildOptions {
  readonly buildId?: string;
  readonly jobs?: Partial<Record<PlatformId, JobStatus>>;
  readonly contents?: Partial<Record<PlatformId, Buffer>>;
  readonly secretsIn?: readonly string[];
  readonly withoutArtifacts?: boolean;
  /** With what is in each archive, and where it comes from. */
  readonly hasDocuments?: boolean;
  readonly createdAt?: string;
}

/** Puts a build, its archives and its manifest where a finished build leaves them. */
export async function storeBuild(ports: { ledger: Ledger; store: ArtifactStore }, options: StoredBuildOptions = {}): Promise<BuildRecord> {
  const buildId = options.buildId ?? 'b0000000000000aa';
  const statuses = options.jobs ?? { 'linux-x86_64': 'succeeded' };
  const jobs: BuildRecord['jobs'] = {};
  const platforms: BuildManifest['platforms'] = {};
  for (const [platform, status] of Object.entries(statuses) as [PlatformId, JobStatus][]) {
    const content = options.contents?.[platform] ?? Buffer.from(`archive of ${platform}`);
    const file = `fieldkit-${platform}.tar.gz`;
    const isStored = status === 'succeeded' && options.withoutArtifacts !== true;
    const stored = isStored
      ? await ports.store.put(storageKey.buildFile(buildId, platform, file), () => Readable.from([content]), { sha256: sha256Of(content) })
      : undefined;
    jobs[platform] = {
      status,
      attempt: 1,
      nonce: '0'.repeat(32),
      isCancelRequested: false,
      cache: 'none',
      artifacts:
        stored === undefined
          ? []
          : [
              { file, kind: 'archive', platform, sizeBytes: content.length, sha256: sha256Of(content), versionId: stored.versionId },
              ...(options.hasDocuments === true ? await storeDocuments(ports.store, buildId, platform) : []),
            ],
    };
    platforms[platform] = { status, steps: [], tools: [], warnings: [], cache: 'none', binaries: [binaryReport(options.secretsIn ?? [])] };
  }
  const record: BuildRecord = {
    schemaVersion: 1,
    buildId,
    requestId: '0b9c4a52-7d5e-4f0e-9a55-0d6b3f1f2a11',
    name: 'fieldkit',
    version: '1.4.0',
    createdAt: options.createdAt ?? '2026-03-01T00:00:00.000Z',
    requestedBy: 'tester',
    source: { sha256: sha256Of('source'), sizeBytes: 6, versionId: 'v1' },
    jobs,
  };
  await ports.ledger.create(storageKey.buildRecord(buildId), record);
  await ports.ledger.create(storageKey.buildIndex(Date.parse(record.createdAt), buildId), {});
  const manifest: BuildManifest = {
    schemaVersion: 1,
    buildId,
    name: record.name,
    version: record.version,
    createdAt: record.createdAt,
    source: { sha256: record.source.sha256 },
    signed: 'none',
    artifacts: Object.values(jobs).flatMap((job) => job.artifacts),
    platforms,
  };
  if (!Object.values(statuses).includes('running')) await ports.ledger.create(storageKey.buildManifest(buildId), manifest);
  return record;
}

async function storeDocuments(store: ArtifactStore, buildId: string, platform: PlatformId): Promise<readonly Artifact[]> {
  const documents: Artifact[] = [];
  for (const [kind, suffix] of [
    ['sbom', 'cdx.json'],
    ['provenance', 'provenance.json'],
  ] as const) {
    const file = `fieldkit-${platform}.${suffix}`;
    const content = Buffer.from(`${kind} of ${platform}`);
    const { versionId } = await store.put(storageKey.buildFile(buildId, platform, file), () => Readable.from([content]), {});
    documents.push({ file, kind, platform, sizeBytes: content.length, sha256: sha256Of(content), versionId });
  }
  return documents;
}

function binaryReport(secretsIn: readonly string[]): NonNullable<BuildManifest['platforms'][PlatformId]>['binaries'][number] {
  return {
    name: 'fieldkit',
    compiler: 'nuitka',
    mode: 'standalone',
    command: ['nuitka'],
    folderBytes: 1,
    fileCount: 1,
    requires: {},
    systemLibraries: [],
    checks: [],
    secretsFound: secretsIn.map((file) => ({ kind: 'aws-access-key', file, offset: 0, preview: 'AKIA… (20)' })),
  };
}

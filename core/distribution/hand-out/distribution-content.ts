/**
 * Owns what goes into a distribution, and what is refused: jobs that did not succeed, platforms without an artifact,
 * content in which secrets were found. Storing it belongs to `distribute.ts`.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { About } from '../../build/about';
import type { BuildManifest } from '../../build/build-manifest';
import { buildStatus, isOpen, jobsOf, type Artifact, type BuildRecord } from '../../build/build-record';
import type { DistributedKind } from '../distribution';
import { packageFactsOf, type PackageFacts } from '../package-facts';
import { PLATFORM_IDS, type PlatformId } from '../../platform';
import { ArtifactFileSchema, type SecretFinding } from '../../job/report';
import { SlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';

export interface ContentFile {
  readonly file: string;
  readonly kind: DistributedKind;
  readonly platform?: PlatformId;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly package?: PackageFacts;
  readonly from: { readonly key: string; readonly versionId: string } | { readonly open: () => Readable } | { readonly bytes: Uint8Array };
}

export interface DistributionContent {
  readonly name: string;
  readonly version?: string;
  readonly about?: About;
  readonly buildId?: string;
  /** What one comes for; checksums and manifest are made from it by {@link withCompanions}. */
  readonly files: readonly ContentFile[];
  /** Of a build: what is in the files, and where they come from. A link to one file has none. */
  readonly documents?: readonly ContentFile[];
  readonly manifest: unknown;
}

/**
 * @param manifest of the same build
 * @param choice the platforms asked for, or all of the build
 * @throws SlipwayError `trial-not-distributable`, `platform-not-in-build`, `job-not-succeeded`, `build-open`, `no-artifacts`, `secrets-found`
 */
export function contentOfBuild(
  record: BuildRecord,
  manifest: BuildManifest | undefined,
  choice: { readonly platforms?: readonly PlatformId[]; readonly allowSecrets: readonly string[] },
): DistributionContent {
  assertNoTrial(record);
  const platforms = choosePlatforms(record, choice.platforms);
  assertSucceeded(record, platforms);
  const artifacts = platforms.flatMap((platform) => archivesOf(record, platform));
  const documents = platforms.flatMap((platform) => documentsOf(record, platform));
  if (manifest === undefined && isOpen(buildStatus(record))) {
    throw new SlipwayError(
      'build-open',
      `build '${record.buildId}' still runs for other platforms, and what it found is not written down yet`,
      {
        hint: `wait for it with slipway status ${record.buildId} --watch`,
      },
    );
  }
  if (manifest === undefined) {
    throw new SlipwayError('no-artifacts', `build '${record.buildId}' has no manifest: its files were removed or never stored`, {
      hint: 'run slipway start-build --no-cache to build it again',
    });
  }
  const findings = platforms.flatMap((platform) => manifest.platforms[platform]?.binaries ?? []).flatMap((binary) => binary.secretsFound);
  assertNoSecrets(`build '${record.buildId}'`, findings, choice.allowSecrets);
  return {
    name: record.name,
    version: record.version,
    ...(record.about === undefined ? {} : { about: record.about }),
    buildId: record.buildId,
    files: artifacts.map(({ platform, artifact }) => ({
      file: artifact.file,
      kind: 'archive',
      platform,
      sizeBytes: artifact.sizeBytes,
      sha256: artifact.sha256,
      package: packageFactsOf(
        artifact.file,
        artifacts.filter((other) => other.platform === platform).map((other) => other.artifact.file),
        platform,
        manifest.platforms[platform]?.binaries ?? [],
      ),
      from: { key: storageKey.buildFile(record.buildId, platform, artifact.file), versionId: artifact.versionId },
    })),
    documents: documents.map(({ platform, artifact }) => ({
      file: artifact.file,
      kind: artifact.kind,
      platform,
      sizeBytes: artifact.sizeBytes,
      sha256: artifact.sha256,
      from: { key: storageKey.buildFile(record.buildId, platform, artifact.file), versionId: artifact.versionId },
    })),
    manifest: manifestOf(manifest, platforms, [...artifacts, ...documents]),
  };
}

/** Nothing that a trial's checks found has kept it from being stored. */
function assertNoTrial({ buildId, trial }: BuildRecord): void {
  if (trial === undefined) return;
  throw new SlipwayError(
    'trial-not-distributable',
    `build '${buildId}' was made by slipway compare to try '${trial}', whatever its checks said`,
    {
      hint: 'run slipway start-build --wait, and hand out that build',
    },
  );
}

/** A file that was not built here, handed out as it is. */
export interface PlainFile {
  /** The name without its folders. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly secretsFound: readonly SecretFinding[];
  /** Where the store has it already; it is copied from there then. */
  readonly stored?: { readonly key: string; readonly versionId: string };
  open(): Readable;
}

/**
 * Whether a file may be handed out as it is. Whoever has its bytes asks: from the digest alone nobody sees what is in it.
 * @throws SlipwayError `path-not-distributable` when the name cannot be one on everybody's disk; `secrets-found`
 */
export function assertFileDistributable(
  { file, secretsFound }: Pick<PlainFile, 'file' | 'secretsFound'>,
  allowed: readonly string[],
): void {
  if (!ArtifactFileSchema.safeParse(file).success || isCompanionName(file)) {
    throw new SlipwayError('path-not-distributable', `a file cannot be handed out under the name '${file}'`, {
      hint: 'rename it: letters, digits, dot, dash and underscore, at most 128, a letter or digit first, none of the names that checksums and the manifest have',
    });
  }
  assertNoSecrets(`'${file}'`, secretsFound, allowed);
}

/** @throws SlipwayError as {@link assertFileDistributable} */
export function contentOfFile(
  plain: PlainFile,
  application: { readonly name: string; readonly version?: string },
  options: { readonly createdAt: string; readonly allowSecrets: readonly string[] },
): DistributionContent {
  assertFileDistributable(plain, options.allowSecrets);
  const { file, sizeBytes, sha256 } = plain;
  return {
    ...application,
    files: [{ file, kind: 'file', sizeBytes, sha256, from: plain.stored ?? { open: () => plain.open() } }],
    manifest: { schemaVersion: 1, ...application, createdAt: options.createdAt, files: [{ file, sizeBytes, sha256 }] },
  };
}

/** With its documents, SHA256SUMS, a `.sha256` for each file, and manifest.json: enough to verify everything offline. */
export function withCompanions(content: DistributionContent): readonly ContentFile[] {
  const line = (file: ContentFile) => `${file.sha256}  ${file.file}\n`;
  const listed = [...content.files, ...(content.documents ?? [])];
  return [
    ...listed,
    ...content.files.map((file) => ({
      ...textFile(`${file.file}.sha256`, 'checksum', line(file)),
      ...(file.platform === undefined ? {} : { platform: file.platform }),
    })),
    textFile('SHA256SUMS', 'checksums', listed.map(line).join('')),
    textFile('manifest.json', 'manifest', `${JSON.stringify(content.manifest, null, 2)}\n`),
  ];
}

function isCompanionName(file: string): boolean {
  return file === 'SHA256SUMS' || file === 'manifest.json';
}

function textFile(file: string, kind: DistributedKind, text: string): ContentFile {
  const bytes = Buffer.from(text);
  return {
    file,
    kind,
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    from: { bytes },
  };
}

function choosePlatforms(record: BuildRecord, asked: readonly PlatformId[] | undefined): readonly PlatformId[] {
  const built = jobsOf(record).map(([platform]) => platform);
  if (asked === undefined || asked.length === 0) return built;
  const missing = asked.filter((platform) => !built.includes(platform));
  if (missing.length > 0) {
    throw new SlipwayError('platform-not-in-build', `build '${record.buildId}' has no job for '${missing.join(', ')}'`, {
      hint: `it was built for ${built.join(', ')}; slipway start-build --platform ${missing.join(',')} builds the rest`,
    });
  }
  return PLATFORM_IDS.filter((platform) => asked.includes(platform));
}

/** A link never leaves out silently what the build was asked to make. */
function assertSucceeded(record: BuildRecord, platforms: readonly PlatformId[]): void {
  const unfinished = platforms.filter((platform) => record.jobs[platform]?.status !== 'succeeded');
  if (unfinished.length === 0) return;
  const succeeded = platforms.filter((platform) => !unfinished.includes(platform));
  const states = unfinished.map((platform) => `${platform} is '${record.jobs[platform]?.status ?? 'missing'}'`).join(', ');
  const alternative = succeeded.length === 0 ? '' : `, or distribute --platform ${succeeded.join(',')} hands out what succeeded`;
  throw new SlipwayError('job-not-succeeded', `build '${record.buildId}' cannot be handed out: ${states}`, {
    hint: `slipway status ${record.buildId} says why${alternative}`,
    details: { buildId: record.buildId, unfinished, succeeded },
  });
}

function archivesOf(record: BuildRecord, platform: PlatformId): readonly { readonly platform: PlatformId; readonly artifact: Artifact }[] {
  const archives = (record.jobs[platform]?.artifacts ?? []).filter((artifact) => artifact.kind === 'archive');
  if (archives.length > 0) return archives.map((artifact) => ({ platform, artifact }));
  throw new SlipwayError('no-artifacts', `build '${record.buildId}' has no package for '${platform}'`, {
    hint: 'run slipway start-build --no-cache to build it again, or name another platform',
  });
}

type Document = Artifact & { readonly kind: 'sbom' | 'provenance' };

/** None of a build of before there were any. */
function documentsOf(record: BuildRecord, platform: PlatformId): readonly { readonly platform: PlatformId; readonly artifact: Document }[] {
  return (record.jobs[platform]?.artifacts ?? [])
    .filter((artifact): artifact is Document => artifact.kind === 'sbom' || artifact.kind === 'provenance')
    .map((artifact) => ({ platform, artifact }));
}

/** Findings are accepted by the file they were found in, never all at once. */
function assertNoSecrets(what: string, found: readonly SecretFinding[], allowed: readonly string[]): void {
  const findings = found.filter((finding) => !allowed.includes(finding.file));
  if (findings.length === 0) return;
  const files = [...new Set(findings.map((finding) => finding.file))];
  throw new SlipwayError('secrets-found', `${what} holds what looks like secrets: ${summaryOf(findings)}`, {
    hint: `take them out; what is no secret is accepted with --allow-secrets ${files.join(',')}`,
    details: { findings },
  });
}

function summaryOf(findings: readonly SecretFinding[]): string {
  const shown = findings.slice(0, 3).map((finding) => `${finding.kind} in '${finding.file}'`);
  return findings.length > shown.length ? `${shown.join(', ')} and ${findings.length - shown.length} more` : shown.join(', ');
}

/** The build's manifest, cut down to what is handed out. */
function manifestOf(
  manifest: BuildManifest,
  platforms: readonly PlatformId[],
  artifacts: readonly { readonly platform: PlatformId; readonly artifact: Artifact }[],
): BuildManifest {
  const isHandedOut = (candidate: Artifact) =>
    artifacts.some(({ platform, artifact }) => platform === candidate.platform && artifact.file === candidate.file);
  return {
    ...manifest,
    artifacts: manifest.artifacts.filter(isHandedOut),
    platforms: Object.fromEntries(
      platforms.flatMap((platform) => {
        const result = manifest.platforms[platform];
        return result === undefined ? [] : [[platform, result]];
      }),
    ),
  };
}

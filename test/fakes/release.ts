/** A release as people really hand one out: every platform, what each demands, and somebody who publishes it. */
import { Readable } from 'node:stream';
import type { DistributedFile, Distribution } from '../../core/distribution/distribution';
import { withCompanions, type ContentFile } from '../../core/distribution/hand-out/distribution-content';
import { artifactBaseName } from '../../core/job/artifact-name';
import { createToken } from '../../core/distribution/link-token';
import type { PackageFacts } from '../../core/distribution/package-facts';
import { PLATFORM_IDS, PLATFORMS, type PlatformId } from '../../core/platform';
import type { ArtifactStore } from '../../core/ports/artifact-store';
import type { Randomness } from '../../core/ports/clock';
import type { Ledger } from '../../core/ports/ledger';
import { storageKey } from '../../core/storage-key';
import { distributionWith, sha256Of } from './distributions';

/** As Nuitka's standalone folders of a program of that kind come out. */
const SIZES_BYTES: Readonly<Record<PlatformId, number>> = {
  'linux-x86_64': 13_264_911,
  'linux-arm64': 12_718_204,
  'macos-x86_64': 11_902_377,
  'macos-arm64': 11_245_018,
  'windows-x86_64': 14_830_660,
};

const REQUIRES: Readonly<Record<PlatformId, PackageFacts['requires']>> = {
  'linux-x86_64': { glibc: { version: '2.34', setBy: 'fieldkit' } },
  'linux-arm64': { glibc: { version: '2.34', setBy: 'fieldkit' } },
  'macos-x86_64': { macos: { version: '11.0', setBy: 'fieldkit' } },
  'macos-arm64': { macos: { version: '12.0', setBy: 'fieldkit' } },
  'windows-x86_64': {},
};

export interface Release {
  readonly distribution: Distribution;
  /** By file name. */
  readonly contents: ReadonlyMap<string, Buffer>;
}

export interface ReleaseOptions {
  /** Default: all. */
  readonly platforms?: readonly PlatformId[];
  /** As large as they would be, for pictures; else a line each. */
  readonly areFilesLarge?: boolean;
  /** Several are split into a package each. */
  readonly binaries?: readonly string[];
  /** With what is in each package, and where it comes from. */
  readonly hasDocuments?: boolean;
  readonly change?: Partial<Distribution>;
}

export function release({
  platforms = PLATFORM_IDS,
  binaries = ['fieldkit'],
  areFilesLarge = false,
  hasDocuments = false,
  change = {},
}: ReleaseOptions = {}): Release {
  const contents = new Map<string, Buffer>();
  const mains = platforms.flatMap((platform) =>
    binaries.map((binary): ContentFile => {
      const { archiveFormat, executableSuffix } = PLATFORMS[platform];
      const folder = artifactBaseName(binary, platform);
      const file = `${folder}.${archiveFormat}`;
      const bytes = areFilesLarge ? Buffer.alloc(SIZES_BYTES[platform], `${file}\n`) : Buffer.from(`${file}\n`);
      contents.set(file, bytes);
      return {
        file,
        kind: 'archive',
        platform,
        sizeBytes: bytes.length,
        sha256: sha256Of(bytes),
        package: {
          folder,
          binaries: [{ name: binary, path: `${folder}/${binary}${executableSuffix}` }],
          requires: REQUIRES[platform],
          signed: 'none',
        },
        from: { bytes },
      };
    }),
  );
  const documents = platforms.flatMap((platform) =>
    (['sbom', 'provenance'] as const).map((kind): ContentFile => {
      const file = `${artifactBaseName('fieldkit', platform)}.${kind === 'sbom' ? 'cdx.json' : 'provenance.json'}`;
      const bytes = Buffer.from(`{"kind":"${kind}"}\n`);
      return { file, kind, platform, sizeBytes: bytes.length, sha256: sha256Of(bytes), from: { bytes } };
    }),
  );
  const all = withCompanions({
    name: 'fieldkit',
    files: mains,
    documents: hasDocuments ? documents : [],
    manifest: { schemaVersion: 1, name: 'fieldkit' },
  });
  for (const { file, from } of all) if ('bytes' in from) contents.set(file, Buffer.from(from.bytes));
  const files = all.map(recorded);
  return {
    contents,
    distribution: distributionWith({
      title: 'Field Kit',
      about: {
        title: 'Field Kit',
        publisher: 'Harbour Tools',
        description: 'Finds, checks and configures the sensors of a site from one terminal, with or without a network.',
        homepage: 'https://fieldkit.example/',
        license: 'MIT',
        installers: ['script'],
      },
      files,
      ...change,
    }),
  };
}

/** As a record has it. */
function recorded(content: ContentFile): DistributedFile {
  const { file, kind, platform, sizeBytes, sha256, package: packaged } = content;
  return { file, kind, ...(platform && { platform }), sizeBytes, sha256, versionId: 'v1', ...(packaged && { package: packaged }) };
}

/** A file as `--path` hands it out. */
export function plainRelease(change: Partial<Distribution> = {}): Release {
  const bytes = Buffer.alloc(24_128, 'site plan\n');
  const all = withCompanions({
    name: 'site-plan',
    manifest: {},
    files: [{ file: 'site-plan.pdf', kind: 'file', sizeBytes: bytes.length, sha256: sha256Of(bytes), from: { bytes } }],
  });
  return {
    contents: new Map(all.map(({ file, from }) => [file, 'bytes' in from ? Buffer.from(from.bytes) : bytes])),
    distribution: distributionWith({
      name: 'site-plan',
      files: all.map(recorded),
      ...change,
    }),
  };
}

/** Puts it where a gate finds it. @returns the token that opens it */
export async function storeRelease(
  ports: { readonly ledger: Ledger; readonly store: ArtifactStore; readonly randomness: Randomness },
  { distribution, contents }: Release,
): Promise<string> {
  const { distId } = distribution;
  const files: DistributedFile[] = [];
  for (const file of distribution.files) {
    const bytes = contents.get(file.file) ?? Buffer.alloc(0);
    const key = storageKey.distributionFile(distId, file.file);
    const { versionId } = await ports.store.put(key, () => Readable.from([bytes]), { sha256: file.sha256 });
    files.push({ ...file, versionId });
  }
  const token = createToken(ports.randomness);
  await ports.ledger.create(storageKey.distributionRecord(distId), { ...distribution, files });
  await ports.ledger.create(storageKey.link(token), { schemaVersion: 1, distId });
  return token;
}

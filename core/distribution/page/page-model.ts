/**
 * Owns what the download page says, as data: which download comes first for a visitor, and what is said of a system that the link has
 * nothing for. What is said of each system is `system-block.ts`, how it looks `download-page.ts`.
 */
import { isCounted, type DistributedFile } from '../distribution';
import { PLATFORMS, type OperatingSystem } from '../../platform';
import { formatTimeLeft, formatUtc } from '../time-left';
import { homepageOf, shownDescription, shownName, type Homepage } from './foreign-text';
import { optional } from './optional';
import { OS_NAMES, platformPhrase } from './platform-names';
import { plainBlock, systemBlock, type BlockFacts, type SystemBlock } from './system-block';
import type { VisitorSystem } from './system-of-visitor';

export interface PageFacts extends BlockFacts {
  readonly nowMs: number;
}

export interface PageModel {
  readonly name: string;
  readonly version?: string;
  readonly publisher?: string;
  readonly description?: string;
  readonly homepage?: Homepage;
  readonly license?: string;
  readonly end: { readonly instant: string; readonly utc: string; readonly left: string };
  readonly downloads?: { readonly left: number; readonly permitted: number };
  readonly isBoundToAddresses: boolean;
  /** What the link has nothing for, in a sentence. */
  readonly missing?: string;
  /** For the visitor's own system; absent where it is unknown or has nothing. */
  readonly first?: SystemBlock;
  readonly others: readonly SystemBlock[];
  /** What is in the packages, and where they come from. */
  readonly documents: readonly { readonly file: string; readonly href: string; readonly what: string }[];
  readonly companions: readonly { readonly file: string; readonly href: string }[];
}

export function pageModel(facts: PageFacts): PageModel {
  const { distribution, nowMs, downloadsLeft } = facts;
  const { about = { installers: [] }, maxDownloads } = distribution;
  const homepage = homepageOf(about.homepage);
  return {
    name: shownName(distribution.title) ?? shownName(about.title) ?? distribution.name,
    ...optional('version', shownName(distribution.version)),
    ...optional('publisher', shownName(about.publisher)),
    ...optional('description', shownDescription(about.description)),
    ...optional('homepage', homepage),
    ...optional('license', shownName(about.license)),
    end: {
      instant: distribution.expiresAt,
      utc: formatUtc(distribution.expiresAt),
      left: formatTimeLeft(distribution.expiresAt, nowMs),
    },
    ...(downloadsLeft === undefined || maxDownloads === undefined ? {} : { downloads: { left: downloadsLeft, permitted: maxDownloads } }),
    isBoundToAddresses: distribution.allowedRanges.length > 0,
    ...arranged(facts),
    documents: distribution.files.flatMap(({ file, kind }) =>
      kind === 'sbom' || kind === 'provenance' ? [{ file, href: facts.linkPrefix + file, what: DOCUMENTS[kind] }] : [],
    ),
    companions: distribution.files
      .filter(({ kind }) => kind === 'checksums' || kind === 'manifest')
      .map(({ file }) => ({ file, href: facts.linkPrefix + file })),
  };
}

/** Said of provenance too: whoever reads it should not take it for a signature. */
const DOCUMENTS = { sbom: 'its components, CycloneDX', provenance: 'its origin, SLSA provenance, not signed' } as const;

/** Never another system's package in place of the visitor's: what is missing is said, and the rest stands below. */
function arranged(facts: PageFacts): Pick<PageModel, 'first' | 'others' | 'missing'> {
  const { system, distribution } = facts;
  const mains = distribution.files.filter(({ kind }) => isCounted(kind));
  const plain = mains.filter(({ platform }) => platform === undefined);
  const packaged = mains.filter(({ platform }) => platform !== undefined);
  const isForVisitor = ({ platform }: DistributedFile) =>
    platform !== undefined &&
    system.kind === 'known' &&
    PLATFORMS[platform].os === system.os &&
    (system.arch === undefined || PLATFORMS[platform].arch === system.arch);
  const isOwn = (os: OperatingSystem) => system.kind === 'known' && system.os === os;
  const own = packaged.filter(isForVisitor);
  const rest = packaged.filter((file) => !own.includes(file));
  const systems = SYSTEMS.filter((os) => isOwn(os)).concat(SYSTEMS.filter((os) => !isOwn(os)));
  const blocks = systems.flatMap((os) => systemBlock(facts, os, rest) ?? []);
  const others = own.length > 0 && plain.length > 0 ? [plainBlock(facts, plain), ...blocks] : blocks;
  const first = system.kind === 'known' ? systemBlock(facts, system.os, own) : undefined;
  if (first !== undefined) return { first, others, ...optional('missing', missingArch(first, system, own)) };
  if (plain.length > 0) return { first: plainBlock(facts, plain), others };
  return { others, ...optional('missing', missingSystem(system, packaged)) };
}

const SYSTEMS: readonly OperatingSystem[] = ['linux', 'macos', 'windows'];

/** Where the architecture is not known, whoever has the other one must not take this for theirs. */
function missingArch(first: SystemBlock, system: VisitorSystem, own: readonly DistributedFile[]): string | undefined {
  if (system.kind !== 'known' || system.arch !== undefined || first.os === undefined) return undefined;
  const here = new Set(own.map(({ platform }) => platform));
  const absent = Object.values(PLATFORMS).filter(({ id, os }) => os === first.os && !here.has(id));
  return absent.length === 0
    ? undefined
    : `This link has nothing for ${absent.map(({ os, arch }) => platformPhrase(os, arch)).join(' and ')}.`;
}

function missingSystem(system: VisitorSystem, packaged: readonly DistributedFile[]): string | undefined {
  if (system.kind === 'unknown' || packaged.length === 0) return undefined;
  const wanted =
    system.kind === 'foreign' ? system.name : system.arch === undefined ? OS_NAMES[system.os] : platformPhrase(system.os, system.arch);
  const parts = [`This link has nothing for ${wanted}.`, 'What it has for other systems is below.', emulationOf(system, packaged)];
  return parts.filter((part) => part !== undefined).join(' ');
}

/** Said, and left to the reader: nobody tried the package there. */
function emulationOf(system: VisitorSystem, packaged: readonly DistributedFile[]): string | undefined {
  const has = (os: OperatingSystem) => packaged.some(({ platform }) => platform !== undefined && PLATFORMS[platform].os === os);
  if (system.kind === 'foreign') {
    const isChromebook = system.name === 'ChromeOS' && has('linux');
    return isChromebook ? 'ChromeOS runs Linux programs in its Linux development environment; these were not tried there.' : undefined;
  }
  if (system.kind !== 'known' || system.arch !== 'arm64') return undefined;
  if (system.os === 'windows' && has('windows'))
    return 'Windows 11 on ARM runs x86-64 programs by emulation; this one was not tried there.';
  if (system.os === 'macos' && has('macos')) {
    return 'Rosetta runs Intel programs on Apple silicon where it is installed; this one was not tried there.';
  }
  return undefined;
}

/** Owns what is said of one system's files: facts of each, how to install, and the steps by hand. As data. */
import type { DistributedFile, Distribution } from '../distribution';
import { installCommands, type InstallCommand } from '../install/install-commands';
import { PLATFORMS, type Architecture, type OperatingSystem } from '../../platform';
import { formatSize } from '../../quantity';
import { shownName } from './foreign-text';
import { optional } from './optional';
import { ARCH_NAMES, OS_NAMES, WHICH_ARCH } from './platform-names';
import { requirementTexts } from './requirement-text';
import type { Step } from './steps';
import type { VisitorSystem } from './system-of-visitor';
import { unblockStep } from './unblock-step';
import { unpackStep } from './unpack-step';
import { verifyEverywhereStep, verifyStep } from './verify-step';

export interface BlockFacts {
  readonly distribution: Distribution;
  /** What goes before a file's name in a link, relative to the page's own address. */
  readonly linkPrefix: string;
  readonly system: VisitorSystem;
  /** The link's whole address, without a slash at the end. Absent where the gate does not know its own. */
  readonly linkUrl?: string;
  /** Absent where downloads are not limited. */
  readonly downloadsLeft?: number;
}

export interface FileView {
  readonly file: string;
  /** Absent where every permitted download was made. */
  readonly href?: string;
  /** `Download for Linux, x86-64`; `Download for Apple silicon` beside another of its system, `Download probe for …` beside another program. */
  readonly title: string;
  /** What tells it from the others of its block, where there are any: `ARM64`. */
  readonly distinction?: string;
  readonly sizeText: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Absent where nothing is known. */
  readonly requires?: readonly string[];
  readonly signature: string;
}

/** One system with its files, and what to do with them there. */
export interface SystemBlock {
  /** Absent for files of no platform. */
  readonly os?: OperatingSystem;
  /** `Linux, x86-64`, `macOS`, `File`. */
  readonly title: string;
  readonly files: readonly FileView[];
  /** How to tell which file is meant, where there are several for one system. */
  readonly choice?: string;
  readonly install?: InstallCommand;
  /** What downloads every file of it without a browser. */
  readonly fetch?: string;
  readonly steps: readonly Step[];
}

/** What more people have comes first. */
const COMMON_FIRST: Readonly<Record<OperatingSystem, readonly Architecture[]>> = {
  linux: ['x86_64', 'arm64'],
  macos: ['arm64', 'x86_64'],
  windows: ['x86_64', 'arm64'],
};

/** @returns undefined where none of the files is for it */
export function systemBlock(facts: BlockFacts, os: OperatingSystem, files: readonly DistributedFile[]): SystemBlock | undefined {
  const isOf = (file: DistributedFile, arch: Architecture) =>
    file.platform !== undefined && PLATFORMS[file.platform].os === os && PLATFORMS[file.platform].arch === arch;
  const own = COMMON_FIRST[os].flatMap((arch) => files.filter((file) => isOf(file, arch)));
  if (own.length === 0) return undefined;
  const archs = COMMON_FIRST[os].filter((arch) => own.some((file) => isOf(file, arch)));
  const [only] = archs;
  const title = archs.length === 1 && only !== undefined ? `${OS_NAMES[os]}, ${ARCH_NAMES[os][only]}` : OS_NAMES[os];
  return {
    os,
    title,
    files: own.map((file) => fileView(facts, file, archs, programsOf(file, own))),
    ...(archs.length > 1 ? { choice: WHICH_ARCH[os] } : {}),
    ...optional('install', installOf(facts, os)),
    ...optional('fetch', fetchOf(facts, os, own)),
    steps: [verifyStep(os, own), unblockStep(os, own), unpackStep(os, own)].flatMap((step) => step ?? []),
  };
}

/** Of files that belong to no platform. */
export function plainBlock(facts: BlockFacts, files: readonly DistributedFile[]): SystemBlock {
  const { system } = facts;
  return {
    title: files.length === 1 ? 'The file' : 'The files',
    files: files.map((file) => fileView(facts, file, [])),
    ...optional('fetch', fetchOf(facts, system.kind === 'known' ? system.os : undefined, files)),
    steps: [system.kind === 'known' ? verifyStep(system.os, files) : verifyEverywhereStep(files)],
  };
}

function installOf({ distribution, linkUrl, downloadsLeft }: BlockFacts, os: OperatingSystem): InstallCommand | undefined {
  // A script that could fetch nothing is none.
  if (linkUrl === undefined || downloadsLeft === 0) return undefined;
  return installCommands(distribution, linkUrl).find((command) => command.os === os);
}

/** The name is taken from the address, and a refusal is not saved for a file. PowerShell 5.1 has another thing that it calls curl. */
function fetchOf(
  { linkUrl, downloadsLeft }: BlockFacts,
  os: OperatingSystem | undefined,
  files: readonly DistributedFile[],
): string | undefined {
  if (linkUrl === undefined || downloadsLeft === 0) return undefined;
  // The brackets of an IPv6 address are a pattern to some shells.
  const quote = linkUrl.includes('[') ? "'" : '';
  return files.map(({ file }) => `${os === 'windows' ? 'curl.exe' : 'curl'} -fLO ${quote}${linkUrl}/${file}${quote}`).join('\n');
}

/** @param archs that stand side by side with it */
function fileView(
  { linkPrefix, downloadsLeft }: BlockFacts,
  file: DistributedFile,
  archs: readonly Architecture[],
  programs?: string,
): FileView {
  const platform = file.platform === undefined ? undefined : PLATFORMS[file.platform];
  const isOneArchOfMany = archs.length > 1;
  const arch = platform === undefined ? undefined : ARCH_NAMES[platform.os][platform.arch];
  const place = platform === undefined ? undefined : isOneArchOfMany ? arch : `${OS_NAMES[platform.os]}, ${arch ?? ''}`;
  return {
    file: file.file,
    ...(downloadsLeft === 0 ? {} : { href: linkPrefix + file.file }),
    title: ['Download', programs, place && `for ${place}`].filter(Boolean).join(' '),
    ...optional('distinction', isOneArchOfMany ? arch : undefined),
    sizeText: formatSize(file.sizeBytes),
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
    ...(file.package === undefined || platform === undefined ? {} : { requires: requirementTexts(file.package.requires, platform.id) }),
    signature: signatureOf(file, platform?.os),
  };
}

/** Which programs a package holds, where its platform has several packages. */
function programsOf(file: DistributedFile, own: readonly DistributedFile[]): string | undefined {
  if (own.filter(({ platform }) => platform === file.platform).length === 1) return undefined;
  return file.package?.binaries.map(({ name }) => shownName(name) ?? '').join(', ');
}

function signatureOf(file: DistributedFile, os: OperatingSystem | undefined): string {
  if (file.package === undefined) return 'Not looked at: Slipway did not build this file';
  return os === 'macos' || os === 'windows' ? `Not signed: ${OS_NAMES[os]} has to be told to run it` : 'Not signed';
}

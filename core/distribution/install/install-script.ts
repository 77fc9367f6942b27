/**
 * Owns what both install scripts say and demand alike: for which packages there is a script, how it names things, and which text of a
 * record may stand in it. The scripts themselves are `install-script-sh.ts` and `install-script-ps1.ts`.
 *
 * A record holds what a project and its builder wrote: a name that is not one here is not escaped but left out with its package.
 */
import type { DistributedFile, Distribution } from '../distribution';
import type { PackageFacts } from '../package-facts';
import { ArtifactFileSchema, type Requires } from '../../job/report';
import { PLATFORMS, type Architecture, type OperatingSystem, type PlatformId } from '../../platform';
import { AppNameSchema, BinaryNameSchema } from '../../recipe/recipe';
import { SlipwayError } from '../../slipway-error';

export const INSTALL_SCRIPTS = ['install.sh', 'install.ps1'] as const;
export type InstallScript = (typeof INSTALL_SCRIPTS)[number];

export function isInstallScript(file: string): file is InstallScript {
  return (INSTALL_SCRIPTS as readonly string[]).includes(file);
}

/** Which script installs on a system. */
export const SCRIPT_OF_OS: Readonly<Record<OperatingSystem, InstallScript>> = {
  linux: 'install.sh',
  macos: 'install.sh',
  windows: 'install.ps1',
};

/** A file that a script can install: all that it will say of it was looked at. */
export interface InstallablePackage {
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly platform: PlatformId;
  readonly os: OperatingSystem;
  readonly arch: Architecture;
  readonly facts: PackageFacts;
}

/** In the order of the record: several of one platform belong together, one for each binary. */
export function packagesFor(distribution: Distribution, script: InstallScript): readonly InstallablePackage[] {
  if (distribution.link !== 'gate' || !(distribution.about?.installers ?? []).includes('script')) return [];
  if (!AppNameSchema.safeParse(distribution.name).success) return [];
  return distribution.files.flatMap((file) => {
    const installable = installableOf(file);
    return installable !== undefined && SCRIPT_OF_OS[installable.os] === script ? [installable] : [];
  });
}

const SYSTEMS_OF_SCRIPT: Readonly<Record<InstallScript, string>> = { 'install.sh': 'Linux or macOS', 'install.ps1': 'Windows' };

/** Undefined where there is one. */
export function whyNoScript(distribution: Distribution, script: InstallScript): string | undefined {
  if (packagesFor(distribution, script).length > 0) return undefined;
  const isOffered = INSTALL_SCRIPTS.some((other) => packagesFor(distribution, other).length > 0);
  return isOffered
    ? `this link has no ${script}: it has no package for ${SYSTEMS_OF_SCRIPT[script]}`
    : `this link has no ${script}: its files are not installed by a script`;
}

function installableOf({ file, kind, platform, sizeBytes, sha256, package: facts }: DistributedFile): InstallablePackage | undefined {
  if (kind !== 'archive' || platform === undefined || facts === undefined) return undefined;
  const { os, arch } = PLATFORMS[platform];
  const isNamed = (os === 'windows' ? /\.zip$/ : /\.(tar\.gz|zip)$/).test(file) && ArtifactFileSchema.safeParse(facts.folder).success;
  const areProgramsNamed = facts.binaries.every(
    ({ name, path }) => BinaryNameSchema.safeParse(name).success && isProgramPath(path, facts.folder),
  );
  const areDemandsNamed = demandsOf(facts.requires).every(({ atLeast }) => /^[a-z0-9][a-z0-9._-]{0,31}$/.test(atLeast));
  if (!isNamed || facts.binaries.length === 0 || !areProgramsNamed || !areDemandsNamed) return undefined;
  return { file, sizeBytes, sha256, platform, os, arch, facts };
}

/** Below the package's folder, each part a plain file name. */
function isProgramPath(path: string, folder: string): boolean {
  const [first, ...rest] = path.split('/');
  return first === folder && rest.length > 0 && rest.every((part) => ArtifactFileSchema.safeParse(part).success);
}

export interface Demand {
  readonly what: 'glibc' | 'glibcxx' | 'macos' | 'cpu';
  /** A version, or a level of the processor. */
  readonly atLeast: string;
}

export function demandsOf({ glibc, glibcxx, macos, cpuBaseline }: Requires): readonly Demand[] {
  return [
    ...(glibc === undefined ? [] : [{ what: 'glibc', atLeast: glibc.version } as const]),
    ...(glibcxx === undefined ? [] : [{ what: 'glibcxx', atLeast: glibcxx.version } as const]),
    ...(macos === undefined ? [] : [{ what: 'macos', atLeast: macos.version } as const]),
    // Every processor that starts such a program at all has the first level.
    ...(cpuBaseline === undefined || cpuBaseline === 'x86-64' ? [] : [{ what: 'cpu', atLeast: cpuBaseline } as const]),
  ];
}

/** `field-kit` -> `FIELD_KIT`: what its variables in the environment begin with. */
export function variablePrefix(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** The folder of one version: the same for the same bytes, so that an installation of them is recognized. */
export function releaseFolder(version: string | undefined, packages: readonly InstallablePackage[]): string {
  const safeVersion = (version ?? '').replace(/[^A-Za-z0-9._+-]/g, '_').slice(0, 64);
  const digests = packages.map(({ sha256 }) => sha256.slice(0, packages.length === 1 ? 12 : 6)).join('-');
  return safeVersion === '' ? digests : `${safeVersion}-${digests}`;
}

/** Control characters would speak to the terminal, and marks of direction show another text than the one that is there. */
export function displayText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, 200);
}

/** What a script says of itself at its beginning, for comments. */
export function aboutLines(distribution: Distribution, what: string): readonly string[] {
  const { about, name, title, version } = distribution;
  const heading = displayText([about?.title ?? title ?? name, version ?? ''].join(' '));
  const texts = [heading, about?.publisher, about?.homepage].flatMap((text) => (text === undefined ? [] : [displayText(text)]));
  return [texts.filter((text) => text !== '').join(', '), what];
}

/** Puts texts in the place of lines such as `#: facts`. Every line has its text, and every text its line. */
export function fillIn(body: string, texts: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const filled = body.replace(/^#: (\S+)$/gm, (_line, name: string) => {
    used.add(name);
    const text = texts[name];
    if (text === undefined) throw new SlipwayError('internal', `an install script has a place for '${name}', and nothing to put there`);
    return text.replace(/\n$/, '');
  });
  const unused = Object.keys(texts).filter((name) => !used.has(name));
  if (unused.length > 0) throw new SlipwayError('internal', `an install script has no place for '${unused.join(', ')}'`);
  return filled;
}

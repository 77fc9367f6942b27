/** Owns install.sh of a link: what a record says, quoted, in the scripts that lie beside this file. */
import type { Distribution } from '../distribution';
import type { Requires } from '../../job/report';
import type { PlatformId } from '../../platform';
import {
  aboutLines,
  demandsOf,
  displayText,
  fillIn,
  packagesFor,
  releaseFolder,
  variablePrefix,
  type InstallablePackage,
} from './install-script';
import installBody from './install.sh';
import placesBody from './places.sh';
import uninstallBody from './uninstall.sh';

/**
 * @param linkUrl the whole address of the link, without a slash at the end
 * @returns undefined where the link has no package that it could install
 */
export function installScriptSh(distribution: Distribution, linkUrl: string): string | undefined {
  const packages = packagesFor(distribution, 'install.sh');
  if (packages.length === 0) return undefined;
  const about = (what: string) => aboutLines(distribution, what).map((line) => `# ${line}`);
  const uninstaller = fillIn(uninstallBody, {
    about: about('Removes what the install script put in place.').join('\n'),
    'uninstall-facts': shFunction('uninstall_facts', nameFacts(distribution)),
    'places.sh': placesBody,
  });
  return fillIn(installBody, {
    about: about('Installs for one user, without an administrator.').join('\n'),
    facts: facts(distribution, linkUrl, packages),
    'places.sh': placesBody,
    'uninstall.sh': uninstaller,
  });
}

/** In single quotes nothing means anything but the quote itself. */
export function shQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function nameFacts({ name, title, about }: Distribution): readonly string[] {
  return [`name=${shQuoted(name)}`, `title=${shQuoted(displayText(about?.title ?? title ?? name) || name)}`];
}

function facts(distribution: Distribution, linkUrl: string, packages: readonly InstallablePackage[]): string {
  const platforms = [...new Set(packages.map(({ platform }) => platform))];
  const prefix = variablePrefix(distribution.name);
  const ofEach = (lines: (own: readonly InstallablePackage[]) => readonly string[]) =>
    platforms.map((platform) => [platform, lines(packages.filter((candidate) => candidate.platform === platform))] as const);
  return [
    shFunction('facts', [
      ...nameFacts(distribution),
      `version=${shQuoted(displayText(distribution.version ?? ''))}`,
      `variable=${shQuoted(prefix)}`,
      `link=${shQuoted(linkUrl)}`,
      `platforms=${shQuoted(platforms.join('\n'))}`,
      `install_dir=\${${prefix}_INSTALL_DIR:-}`,
      `no_modify_path=\${${prefix}_NO_MODIFY_PATH:-}`,
    ]),
    shTable(
      'The folder of a version.',
      'release_of',
      ofEach((own) => [releaseFolder(distribution.version, own)]),
    ),
    shTable(
      'File, size in bytes, SHA-256, folder in it.',
      'packages_of',
      ofEach((own) => own.map(packageLine)),
    ),
    shTable(
      'Program, and where it lies.',
      'programs_of',
      ofEach((own) => own.flatMap(programLines)),
    ),
    shTable(
      'What a system must have.',
      'requires_of',
      ofEach((own) => own.flatMap(({ facts: { requires } }) => requirementLines(requires))),
    ),
  ].join('\n\n');
}

function packageLine({ file, sizeBytes, sha256, facts: { folder } }: InstallablePackage): string {
  return `${file} ${sizeBytes} ${sha256} ${folder}`;
}

function programLines({ facts: { binaries } }: InstallablePackage): readonly string[] {
  return binaries.map(({ name, path }) => `${name} ${path}`);
}

function requirementLines(requires: Requires): readonly string[] {
  return demandsOf(requires).map(({ what, atLeast }) => `${what} ${atLeast}`);
}

function shFunction(name: string, lines: readonly string[]): string {
  return [`${name}() {`, ...lines.map((line) => `  ${line}`), '}'].join('\n');
}

/** A function from a platform to lines of words; nothing for one without any. */
function shTable(comment: string, name: string, rows: readonly (readonly [PlatformId, readonly string[]])[]): string {
  const cases = rows
    .filter(([, lines]) => lines.length > 0)
    .map(([platform, lines]) => `${platform}) printf '%s\\n' ${[...new Set(lines)].map(shQuoted).join(' ')} ;;`);
  return [`# ${comment}`, shFunction(name, ['case $1 in', ...cases.map((line) => `  ${line}`), 'esac'])].join('\n');
}

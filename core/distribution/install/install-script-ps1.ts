/**
 * Owns install.ps1 of a link: what a record says, quoted, in the scripts that lie beside this file.
 * All of it is ASCII: Windows PowerShell reads a saved script in the code page of the machine, in which the bytes of other letters
 * may be quotation marks, and typographic quotation marks are quotes to it.
 */
import type { Distribution } from '../distribution';
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
import installBody from './install.ps1';
import placesBody from './places.ps1';
import uninstallBody from './uninstall.ps1';

/**
 * @param linkUrl the whole address of the link, without a slash at the end
 * @returns undefined where the link has no package for Windows
 */
export function installScriptPs1(distribution: Distribution, linkUrl: string): string | undefined {
  const packages = packagesFor(distribution, 'install.ps1');
  if (packages.length === 0) return undefined;
  const about = (what: string) => aboutLines(distribution, what).map((line) => `# ${commentText(line)}`);
  const uninstaller = fillIn(uninstallBody, {
    about: about('Removes what the install script put in place.').join('\n'),
    'uninstall-facts': assignment(nameEntries(distribution)),
    'places.ps1': placesBody,
  });
  return fillIn(installBody, {
    about: about('Installs for one user, without an administrator.').join('\n'),
    facts: assignment([...nameEntries(distribution), ...entries(distribution, linkUrl, packages)]),
    'places.ps1': placesBody,
    'uninstall.ps1': uninstaller,
  });
}

/** A literal of ASCII; other letters stand in it by their code, which is undone where it runs. */
export function psQuoted(text: string): string {
  const isAscii = /^[\x20-\x7e]*$/.test(text);
  const quoted = (ascii: string) => `'${ascii.replaceAll("'", "''")}'`;
  if (isAscii) return quoted(text);
  const escaped = Array.from({ length: text.length }, (_, index) => escapedUnit(text.charAt(index))).join('');
  return `[regex]::Unescape(${quoted(escaped)})`;
}

/** By UTF-16 units, as .NET counts. What is no letter or digit is written by its code too: to a pattern some of it means something. */
function escapedUnit(unit: string): string {
  return /[A-Za-z0-9 ]/.test(unit) ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A comment cannot be quoted: it keeps what means nothing anywhere. */
function commentText(text: string): string {
  return text.replace(/[^A-Za-z0-9 .,:/_+-]/gu, '?');
}

type Entry = readonly [key: string, value: string];

function nameEntries({ name, title, about }: Distribution): readonly Entry[] {
  return [
    ['Name', psQuoted(name)],
    ['Title', psQuoted(displayText(about?.title ?? title ?? name) || name)],
    ['Variable', psQuoted(variablePrefix(name))],
  ];
}

function entries(distribution: Distribution, linkUrl: string, packages: readonly InstallablePackage[]): readonly Entry[] {
  const { about, version } = distribution;
  return [
    ['Version', psQuoted(displayText(version ?? ''))],
    ['Publisher', psQuoted(displayText(about?.publisher ?? ''))],
    ['Homepage', psQuoted(displayText(about?.homepage ?? ''))],
    ['Link', psQuoted(linkUrl)],
    ['Platforms', list([...new Set(packages.map(({ platform }) => platform))].map(psQuoted))],
    ['Release', psQuoted(releaseFolder(version, packages))],
    ['Packages', list(packages.map(packageTable))],
    [
      'Requires',
      list(packages.flatMap(({ facts }) => demandsOf(facts.requires).map(({ what, atLeast }) => psQuoted(`${what} ${atLeast}`)))),
    ],
  ];
}

function packageTable({ file, sizeBytes, sha256, facts }: InstallablePackage): string {
  const programs = facts.binaries.map(({ name, path }) => `@{ Name = ${psQuoted(name)}; Path = ${psQuoted(path.replaceAll('/', '\\'))} }`);
  return `@{ File = ${psQuoted(file)}; Size = ${sizeBytes}; Sha256 = ${psQuoted(sha256)}; Folder = ${psQuoted(facts.folder)}; Programs = ${list(programs)} }`;
}

function list(items: readonly string[]): string {
  return `@(${items.join(', ')})`;
}

function assignment(of: readonly Entry[]): string {
  return ['    $facts = @{', ...of.map(([key, value]) => `        ${key} = ${value}`), '    }'].join('\n');
}

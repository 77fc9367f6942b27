/** Owns the lines that install from a link, and those that uninstall: the page shows them, the list names them, the guide explains them. */
import type { Distribution } from '../distribution';
import type { OperatingSystem } from '../../platform';
import { packagesFor, SCRIPT_OF_OS } from './install-script';

export interface InstallCommand {
  readonly os: OperatingSystem;
  /** What it is typed into. */
  readonly shell: 'sh' | 'powershell';
  readonly command: string;
  /** Works when the link has ended, too: the installation brings its own. */
  readonly uninstall: string;
}

const SYSTEMS: readonly OperatingSystem[] = ['linux', 'macos', 'windows'];

/**
 * One for each system that the link has packages for; none where the application wants no scripts, or the link is none to a gate.
 * @param linkUrl the whole address of the link, without a slash at the end
 */
export function installCommands(distribution: Distribution, linkUrl: string): readonly InstallCommand[] {
  return SYSTEMS.filter((os) => packagesFor(distribution, SCRIPT_OF_OS[os]).some((candidate) => candidate.os === os)).map((os) =>
    os === 'windows' ? powershellCommand(distribution.name, linkUrl) : shCommand(os, distribution.name, linkUrl),
  );
}

function shCommand(os: 'linux' | 'macos', name: string, linkUrl: string): InstallCommand {
  return {
    os,
    shell: 'sh',
    command: `curl -fsSL ${inShell(`${linkUrl}/install.sh`)} | sh`,
    uninstall: `sh ~/.local/share/${name}/uninstall.sh`,
  };
}

/** The policy is named because machines run no script files unless they are told to. */
function powershellCommand(name: string, linkUrl: string): InstallCommand {
  return {
    os: 'windows',
    shell: 'powershell',
    command: `irm ${inPowershell(`${linkUrl}/install.ps1`)} | iex`,
    uninstall: `powershell -ExecutionPolicy Bypass -File "$env:LOCALAPPDATA\\Programs\\${name}\\uninstall.ps1"`,
  };
}

/** Brackets of an IPv6 address are a pattern to some shells. */
const PLAIN_ADDRESS = /^[A-Za-z0-9._~:/-]+$/;

function inShell(url: string): string {
  return PLAIN_ADDRESS.test(url) ? url : `'${url.replaceAll("'", `'\\''`)}'`;
}

/** PowerShell takes typographic quotes for quotes; an address holds none that is not escaped by percent signs. */
function inPowershell(url: string): string {
  return PLAIN_ADDRESS.test(url) ? url : `'${url.replaceAll("'", "''")}'`;
}

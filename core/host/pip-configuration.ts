/**
 * Owns reading pip's configuration as pip does: where its files are, their syntax, and which setting wins.
 * Reading the files belongs to `toolchain/machine-registries.ts`.
 * Order and places: https://pip.pypa.io/en/stable/topics/configuration/
 */
import { posix, win32 } from 'node:path';
import type { OperatingSystem } from '../platform';
import type { IndexAccess } from './index-access';

export interface PipConfiguration extends IndexAccess {
  readonly indexUrl?: string;
  readonly extraIndexUrls: readonly string[];
  /** Folders, file: URLs or pages of links. */
  readonly findLinks: readonly string[];
  readonly isIndexOff: boolean;
}

export interface PipFileRequest {
  readonly os: OperatingSystem;
  readonly environment: Readonly<Record<string, string>>;
  readonly userDirectory: string;
}

/** The files that pip reads on a host, weakest first; most will not exist. Empty where PIP_CONFIG_FILE is the null device. */
export function pipConfigurationFiles(request: PipFileRequest): readonly string[] {
  const named = request.environment.PIP_CONFIG_FILE ?? '';
  if (named === '/dev/null' || named.toLowerCase() === 'nul') return [];
  const virtualEnvironment = request.environment.VIRTUAL_ENV ?? '';
  const paths = request.os === 'windows' ? win32 : posix;
  const fileName = request.os === 'windows' ? 'pip.ini' : 'pip.conf';
  return [
    ...globalFiles(request),
    // With PIP_CONFIG_FILE the user's own files are not read.
    ...(named === '' ? userFiles(request) : []),
    ...(virtualEnvironment === '' ? [] : [paths.join(virtualEnvironment, fileName)]),
    ...(named === '' ? [] : [named]),
  ];
}

function globalFiles({ os, environment }: PipFileRequest): readonly string[] {
  switch (os) {
    case 'windows':
      return [win32.join(environment.ProgramData ?? environment.PROGRAMDATA ?? 'C:\\ProgramData', 'pip', 'pip.ini')];
    case 'macos':
      return ['/Library/Application Support/pip/pip.conf'];
    case 'linux': {
      const shared = (environment.XDG_CONFIG_DIRS ?? '').split(':').filter((directory) => directory !== '');
      return [...(shared.length > 0 ? shared : ['/etc/xdg']).map((directory) => posix.join(directory, 'pip', 'pip.conf')), '/etc/pip.conf'];
    }
  }
}

function userFiles({ os, environment, userDirectory }: PipFileRequest): readonly string[] {
  if (os === 'windows') {
    const roaming = environment.APPDATA ?? win32.join(userDirectory, 'AppData', 'Roaming');
    return [win32.join(userDirectory, 'pip', 'pip.ini'), win32.join(roaming, 'pip', 'pip.ini')];
  }
  const configured = environment.XDG_CONFIG_HOME ?? '';
  const legacy = posix.join(userDirectory, '.pip', 'pip.conf');
  const current = posix.join(configured === '' ? posix.join(userDirectory, '.config') : configured, 'pip', 'pip.conf');
  return os === 'macos' ? [legacy, current, posix.join(userDirectory, 'Library/Application Support/pip/pip.conf')] : [legacy, current];
}

/** Settings by section, as Python's configparser reads them: continued lines are indented, comments have lines of their own. */
export function parsePipFile(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let key: string | undefined;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line);
    const setting = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (header !== null) {
      section = sections.get(header[1] ?? '') ?? new Map<string, string>();
      sections.set(header[1] ?? '', section);
      key = undefined;
    } else if (/^\s/.test(line) && section !== undefined && key !== undefined) {
      section.set(key, `${section.get(key) ?? ''}\n${line.trim()}`.trim());
    } else if (setting !== null && section !== undefined) {
      key = normalizeKey(setting[1] ?? '');
      section.set(key, setting[2] ?? '');
    }
  }
  return sections;
}

function normalizeKey(key: string): string {
  return key.toLowerCase().replaceAll('_', '-').replace(/^--/, '');
}

/**
 * @param fileTexts the contents of the files that exist, weakest first
 * @param environment PIP_* variables win over every file; empty ones say nothing
 */
export function readPipConfiguration(fileTexts: readonly string[], environment: Readonly<Record<string, string>>): PipConfiguration {
  const files = fileTexts.map(parsePipFile);
  const settings = new Map<string, string>();
  // A section wins over [global] whatever file it stands in; within one section the later file wins.
  for (const section of ['global', 'download', 'install']) {
    for (const file of files) file.get(section)?.forEach((value, key) => settings.set(key, value));
  }
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith('PIP_') && value !== '') settings.set(normalizeKey(name.slice('PIP_'.length)), value);
  }
  return fromSettings(settings);
}

function fromSettings(settings: ReadonlyMap<string, string>): PipConfiguration {
  const text = (key: string): string | undefined => (settings.get(key)?.trim() ?? '') || undefined;
  const list = (key: string): readonly string[] => (text(key) ?? '').split(/\s+/).filter((entry) => entry !== '');
  const timeout = Number(text('timeout') ?? text('default-timeout') ?? NaN);
  return {
    ...present('indexUrl', text('index-url') ?? text('pypi-url')),
    extraIndexUrls: list('extra-index-url'),
    findLinks: list('find-links'),
    isIndexOff: /^(y|yes|t|true|on|1)$/i.test(text('no-index') ?? ''),
    ...present('certificatePath', text('cert')),
    ...present('clientCertificatePath', text('client-cert')),
    trustedHosts: list('trusted-host'),
    ...present('proxy', text('proxy')),
    ...(timeout > 0 ? { timeoutSeconds: timeout } : {}),
    ...present('keyringProvider', text('keyring-provider')),
  };
}

function present<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, string>>);
}

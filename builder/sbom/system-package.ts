/**
 * Owns finding the package of the machine's own system that a library was copied from, as dpkg or rpm knows it.
 * Neither of them is asked on a system that has none; a file that no package brought stands for itself.
 */
import posix from 'node:path/posix';
import { isSlipwayError } from '../../core/slipway-error';
import { packageUrl } from '../../core/provenance/package-url';
import { PLATFORMS } from '../../core/platform';
import type { BuilderContext } from '../builder-context';

export interface SystemPackage {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly homepage?: string;
  readonly license?: string;
}

type Context = Pick<BuilderContext, 'files' | 'processes' | 'environment' | 'platform'>;

const ASKED_FOR_MS = 30_000;

/** Asks once for each package, however many files it brought. */
export function createSystemPackages(context: Context): (file: string) => Promise<SystemPackage | undefined> {
  const known = new Map<string, Promise<SystemPackage | undefined>>();
  const system = PLATFORMS[context.platform].os === 'linux' ? readSystem(context) : Promise.resolve({ id: '', release: '' });
  return async (file) => {
    if (PLATFORMS[context.platform].os !== 'linux') return undefined;
    const spellings = await spellingsOf(context, file);
    const name = await dpkgOwner(context, spellings);
    const key = name === undefined ? `rpm ${spellings[0] ?? file}` : `deb ${name}`;
    const asked =
      known.get(key) ?? (name === undefined ? rpmPackage(context, spellings, await system) : debPackage(context, name, await system));
    known.set(key, asked);
    return asked;
  };
}

/** Where `/lib` is a link to `/usr/lib`, a package may list its files by either name. */
async function spellingsOf(context: Context, file: string): Promise<readonly string[]> {
  const real = await context.files.realPath(file).catch(() => file);
  const merged = (name: string) => (name.startsWith('/usr/') ? name.slice('/usr'.length) : posix.join('/usr', name));
  return [...new Set([real, merged(real), file, merged(file)])];
}

async function dpkgOwner(context: Context, spellings: readonly string[]): Promise<string | undefined> {
  for (const file of spellings) {
    const answer = await ask(context, 'dpkg-query', ['--search', file]);
    // `libssl3:amd64: /usr/lib/…`; several packages may share a folder, never a library.
    const owner = /^([a-z0-9][a-z0-9.+-]*(?::[a-z0-9-]+)?): \//m.exec(answer ?? '')?.[1];
    if (owner !== undefined) return owner;
  }
  return undefined;
}

async function debPackage(context: Context, owner: string, { id, release }: System): Promise<SystemPackage | undefined> {
  const format = '${Package}\\n${Version}\\n${Architecture}\\n${Homepage}\\n';
  const [name = '', version = '', arch = '', homepage = ''] =
    (await ask(context, 'dpkg-query', ['--show', `--showformat=${format}`, owner]))?.split('\n') ?? [];
  if (name === '' || version === '') return undefined;
  const purl = packageUrl({ type: 'deb', namespace: id, name, version, qualifiers: { arch, distro: distroOf(id, release) } });
  return { name, version, purl, ...(isHomepage(homepage) ? { homepage } : {}) };
}

async function rpmPackage(context: Context, spellings: readonly string[], { id, release }: System): Promise<SystemPackage | undefined> {
  const format = '%{NAME}\\n%{VERSION}-%{RELEASE}\\n%{ARCH}\\n%{EPOCHNUM}\\n%{URL}\\n%{LICENSE}\\n';
  for (const file of spellings) {
    const [name = '', version = '', arch = '', epoch = '', homepage = '', license = ''] =
      (await ask(context, 'rpm', ['--query', '--file', '--queryformat', format, file]))?.split('\n') ?? [];
    if (name === '' || version === '') continue;
    const qualifiers = { arch, epoch: epoch === '0' ? '' : epoch, distro: distroOf(id, release) };
    const purl = packageUrl({ type: 'rpm', namespace: id, name, version, qualifiers });
    return { name, version, purl, ...(isHomepage(homepage) ? { homepage } : {}), ...(license === '' ? {} : { license }) };
  }
  return undefined;
}

function isHomepage(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text);
}

function distroOf(id: string, release: string): string {
  return release === '' ? '' : `${id}-${release}`;
}

interface System {
  /** `debian`; `linux` where the system does not say. */
  readonly id: string;
  readonly release: string;
}

/** https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
async function readSystem(context: Context): Promise<System> {
  for (const place of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      const text = await context.files.readText(place);
      const value = (key: string) => new RegExp(`^${key}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
      return { id: value('ID') === '' ? 'linux' : value('ID'), release: value('VERSION_ID') };
    } catch (thrown) {
      if (!isSlipwayError(thrown)) throw thrown;
    }
  }
  return { id: 'linux', release: '' };
}

/** @returns undefined where the program is missing, or does not know */
async function ask(context: Context, command: string, args: readonly string[]): Promise<string | undefined> {
  const { PATH = '/usr/bin:/bin' } = context.environment;
  const env = { PATH, LC_ALL: 'C.UTF-8' };
  const program = await context.processes.find(command, env);
  if (program === undefined) return undefined;
  const result = await context.processes.run({ command: program, args, cwd: '/', env, timeoutMs: ASKED_FOR_MS });
  return result.exitCode === 0 ? result.stdout : undefined;
}

/** Owns where interpreters live on each system. It names candidates; `python-probe.ts` says what each is. */
import { PLATFORMS } from '../../core/platform';
import { isSlipwayError } from '../../core/slipway-error';
import { hostPaths, type ToolchainContext } from '../toolchain-context';

export interface PythonCandidate {
  readonly path: string;
  readonly provider: string;
}

/** Of an interpreter that the variable `SLIPWAY_PYTHON` names: it goes before all others of its version. */
export const NAMED_PROVIDER = 'SLIPWAY_PYTHON';

/** Full paths of interpreters, one after the other as in PATH. */
function namedCandidates(context: ToolchainContext): readonly PythonCandidate[] {
  const paths = hostPaths(context);
  return (context.environment.SLIPWAY_PYTHON ?? '')
    .split(paths.delimiter)
    .filter((file) => paths.isAbsolute(file))
    .map((file) => ({ path: file, provider: NAMED_PROVIDER }));
}

/** Where each version has a folder of its own; `*` is the version. */
function versionFolders(context: ToolchainContext): readonly { readonly directory: string; readonly provider: string }[] {
  const { environment, userDirectory: home } = context;
  const { os } = PLATFORMS[context.platform];
  const paths = hostPaths(context);
  const named = (name: string, fallback: string) => (environment[name] ?? '') || fallback;
  const pyenv = named('PYENV_ROOT', paths.join(home, '.pyenv'));
  const places = [
    { directory: paths.join(context.homeDirectory, 'toolchains', 'python'), provider: 'uv' },
    { directory: paths.join(pyenv, 'versions'), provider: 'pyenv' },
    { directory: paths.join(named('ASDF_DATA_DIR', paths.join(home, '.asdf')), 'installs', 'python'), provider: 'asdf' },
  ];
  switch (os) {
    case 'windows': {
      const roaming = named('APPDATA', paths.join(home, 'AppData', 'Roaming'));
      const local = named('LOCALAPPDATA', paths.join(home, 'AppData', 'Local'));
      return [
        ...places,
        { directory: named('UV_PYTHON_INSTALL_DIR', paths.join(roaming, 'uv', 'python')), provider: 'uv' },
        { directory: paths.join(pyenv, 'pyenv-win', 'versions'), provider: 'pyenv' },
        { directory: paths.join(named('MISE_DATA_DIR', paths.join(local, 'mise')), 'installs', 'python'), provider: 'mise' },
        { directory: paths.join(local, 'Programs', 'Python'), provider: 'python.org' },
        // Where the install manager of python.org puts them: `pythoncore-3.14-64`.
        { directory: paths.join(local, 'Python'), provider: 'python.org' },
        { directory: named('ProgramFiles', 'C:\\Program Files'), provider: 'python.org' },
      ];
    }
    case 'macos':
    case 'linux': {
      const data = named('XDG_DATA_HOME', paths.join(home, '.local', 'share'));
      return [
        ...places,
        { directory: named('UV_PYTHON_INSTALL_DIR', paths.join(data, 'uv', 'python')), provider: 'uv' },
        { directory: paths.join(named('MISE_DATA_DIR', paths.join(data, 'mise')), 'installs', 'python'), provider: 'mise' },
        ...(os === 'macos' ? [{ directory: '/Library/Frameworks/Python.framework/Versions', provider: 'python.org' }] : []),
      ];
    }
  }
}

/** Folders that hold interpreters of several versions under names such as python3.12. */
function binFolders(context: ToolchainContext): readonly PythonCandidate[] {
  const onPath = (context.environment.PATH ?? context.environment.Path ?? '')
    .split(hostPaths(context).delimiter)
    // Shims of pyenv, asdf and mise answer only for the version that the current folder selects; their versions are found above.
    .filter((directory) => directory !== '' && hostPaths(context).isAbsolute(directory) && !/[\\/]shims[\\/]?$/.test(directory))
    .map((directory) => ({ path: directory, provider: providerOf(directory) }));
  switch (PLATFORMS[context.platform].os) {
    case 'windows':
      return [...onPath, { path: 'C:\\Windows', provider: 'system' }];
    case 'macos':
      return [...onPath, { path: '/opt/homebrew/bin', provider: 'homebrew' }, { path: '/usr/local/bin', provider: 'homebrew' }];
    case 'linux':
      return [
        ...onPath,
        { path: '/home/linuxbrew/.linuxbrew/bin', provider: 'homebrew' },
        { path: '/usr/local/bin', provider: 'local' },
        { path: '/usr/bin', provider: 'system' },
      ];
  }
}

function providerOf(directory: string): string {
  if (directory === '/usr/bin' || directory === '/bin') return 'system';
  if (/homebrew|linuxbrew|[\\/]Cellar[\\/]/i.test(directory)) return 'homebrew';
  if (/conda|mamba/i.test(directory)) return 'conda';
  return 'path';
}

/**
 * Candidates for a version, best place first, each file once.
 * @param version `3.12` or `3.12.1`; undefined for every Python 3
 */
export async function pythonCandidates(context: ToolchainContext, version?: string): Promise<readonly PythonCandidate[]> {
  const minor = version?.split('.').slice(0, 2).join('.');
  const candidates = [
    ...namedCandidates(context),
    ...(
      await Promise.all(versionFolders(context).map((place) => inVersionFolders(context, place.directory, place.provider, version)))
    ).flat(),
    ...(await Promise.all(binFolders(context).map((folder) => inBinFolder(context, folder, minor)))).flat(),
    ...(PLATFORMS[context.platform].os === 'windows' ? await fromLauncher(context) : []),
  ];
  const seen = new Set<string>();
  const unique: PythonCandidate[] = [];
  for (const candidate of candidates) {
    const real = await realPath(context, candidate.path);
    if (real === undefined || seen.has(real) || isUnusable(context, candidate.path) || isUnusable(context, real)) continue;
    seen.add(real);
    unique.push(candidate);
  }
  return unique;
}

/** Nuitka 4.3.3 refuses Apple's own Python and the Microsoft Store's, which are bound to their system; a stub of either opens a window. */
function isUnusable(context: ToolchainContext, file: string): boolean {
  switch (PLATFORMS[context.platform].os) {
    case 'windows':
      return /[\\/]WindowsApps[\\/]/i.test(file);
    case 'macos':
      return /^\/usr\/bin\/|^\/Library\/Developer\/CommandLineTools\/|\/Xcode[^/]*\.app\//.test(file);
    case 'linux':
      return false;
  }
}

async function inVersionFolders(
  context: ToolchainContext,
  directory: string,
  provider: string,
  version: string | undefined,
): Promise<readonly PythonCandidate[]> {
  const isWindows = PLATFORMS[context.platform].os === 'windows';
  const named = (await listFolder(context, directory)).filter(
    (name) => /\d/.test(name) && (version === undefined || mayHold(name, version)),
  );
  const executables = isWindows ? ['python.exe'] : ['bin/python3'];
  return named.flatMap((name) => executables.map((file) => ({ path: hostPaths(context).join(directory, name, file), provider })));
}

/** Whether a folder's name speaks of the version, or of none: `3.12.1`, `cpython-3.12.9-linux-x86_64-gnu`, `Python312`, `latest`. */
function mayHold(name: string, version: string): boolean {
  const minor = version.split('.').slice(0, 2).join('.');
  if (/^Python\d+(-arm64)?$/.test(name)) return name.startsWith(`Python${minor.replace('.', '')}`);
  const stated = /(?:^|-)(\d+\.\d+(?:\.\d+)?)(?:$|[^\d.])/.exec(name)?.[1];
  return stated === undefined || stated === minor || stated === version || (version === minor && stated.startsWith(`${minor}.`));
}

const PLAIN_NAME = /^python3(\.\d+)?(\.exe)?$|^python(\.exe)?$/;

async function inBinFolder(
  context: ToolchainContext,
  folder: PythonCandidate,
  minor: string | undefined,
): Promise<readonly PythonCandidate[]> {
  const names = (await listFolder(context, folder.path)).filter((name) => PLAIN_NAME.test(name));
  const stated = (name: string) => /^python(3\.\d+)/.exec(name)?.[1];
  return names
    .filter((name) => minor === undefined || stated(name) === undefined || stated(name) === minor)
    .sort((a, b) => Number(stated(b) !== undefined) - Number(stated(a) !== undefined))
    .map((name) => ({ path: hostPaths(context).join(folder.path, name), provider: folder.provider }));
}

/** `py -0p` lists what the Windows registry knows (PEP 514), a path at the end of each line. */
async function fromLauncher(context: ToolchainContext): Promise<readonly PythonCandidate[]> {
  const launcher = await context.processes.find('py', context.environment);
  if (launcher === undefined) return [];
  const result = await quietly(
    context.processes.run({ command: launcher, args: ['-0p'], cwd: context.userDirectory, env: context.environment, timeoutMs: 10_000 }),
  );
  return parseLauncherList(result?.stdout ?? '').map((executable) => ({ path: executable, provider: 'python.org' }));
}

/** ` -V:3.12 *        C:\Users\me\AppData\Local\Programs\Python\Python312\python.exe` */
export function parseLauncherList(text: string): readonly string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*-\S+\s+(?:\*\s+)?([A-Za-z]:\\.*\.exe)\s*$/.exec(line);
    return match?.[1] === undefined ? [] : [match[1]];
  });
}

async function listFolder(context: ToolchainContext, directory: string): Promise<readonly string[]> {
  return (await quietly(context.files.list(directory)))?.map((entry) => entry.name) ?? [];
}

async function realPath(context: ToolchainContext, file: string): Promise<string | undefined> {
  return quietly(context.files.realPath(file));
}

/** A place that is not there or may not be read holds no candidate. */
async function quietly<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (thrown) {
    if (isSlipwayError(thrown)) return undefined;
    throw thrown;
  }
}

/** Owns the command that gets a missing tool, by system and distribution. */
import { PLATFORMS, type PlatformId } from '../platform';

/** `ID` first, then `ID_LIKE`, of an os-release file (freedesktop.org's os-release(5)). */
export function parseOsRelease(text: string): readonly string[] {
  const value = (key: string) => new RegExp(`^${key}=["']?([^"'\\n]*)["']?\\s*$`, 'm').exec(text)?.[1] ?? '';
  return `${value('ID')} ${value('ID_LIKE')}`.split(/\s+/).filter((word) => word !== '');
}

type PackageManager = 'apt' | 'dnf' | 'apk' | 'pacman' | 'zypper' | 'emerge' | 'nix' | 'xbps';

const MANAGER_OF_DISTRIBUTION: Readonly<Record<string, PackageManager>> = {
  debian: 'apt',
  ubuntu: 'apt',
  fedora: 'dnf',
  rhel: 'dnf',
  centos: 'dnf',
  amzn: 'dnf',
  alpine: 'apk',
  arch: 'pacman',
  suse: 'zypper',
  opensuse: 'zypper',
  gentoo: 'emerge',
  nixos: 'nix',
  void: 'xbps',
};

const INSTALL: Readonly<Record<PackageManager, string>> = {
  apt: 'sudo apt-get install -y',
  dnf: 'sudo dnf install -y',
  apk: 'sudo apk add',
  pacman: 'sudo pacman -S --needed',
  zypper: 'sudo zypper install -y',
  emerge: 'sudo emerge',
  nix: 'nix-shell -p',
  xbps: 'sudo xbps-install',
};

const PACKAGES: Readonly<Record<'compiler' | 'ccache' | 'git', Readonly<Record<PackageManager, string>>>> = {
  compiler: {
    apt: 'gcc libc6-dev',
    dnf: 'gcc',
    apk: 'gcc musl-dev',
    pacman: 'gcc',
    zypper: 'gcc',
    emerge: 'sys-devel/gcc',
    nix: 'gcc',
    xbps: 'gcc',
  },
  ccache: {
    apt: 'ccache',
    dnf: 'ccache',
    apk: 'ccache',
    pacman: 'ccache',
    zypper: 'ccache',
    emerge: 'dev-util/ccache',
    nix: 'ccache',
    xbps: 'ccache',
  },
  git: { apt: 'git', dnf: 'git', apk: 'git', pacman: 'git', zypper: 'git', emerge: 'dev-vcs/git', nix: 'git', xbps: 'git' },
};

const WINDOWS_COMPILER_HINT =
  'install the C++ build tools: winget install Microsoft.VisualStudio.2022.BuildTools --override "--add Microsoft.VisualStudio.Workload.VCTools --includeRecommended --passive"; or add --mingw64 (Python 3.12 and older) or --zig to the options';

/** The command that installs a C compiler. */
export function compilerHint(platform: PlatformId, distribution: readonly string[]): string {
  switch (PLATFORMS[platform].os) {
    case 'windows':
      return WINDOWS_COMPILER_HINT;
    case 'macos':
      return 'install it with: xcode-select --install';
    case 'linux':
      return installHint('compiler', distribution) ?? 'install gcc or clang with the C library headers, and put it on PATH';
  }
}

/** The command that installs ccache or git. */
export function toolHint(tool: 'ccache' | 'git', platform: PlatformId, distribution: readonly string[]): string {
  switch (PLATFORMS[platform].os) {
    case 'windows':
      return `install it with: winget install ${tool === 'git' ? 'Git.Git' : 'Ccache.Ccache'}`;
    case 'macos':
      return `install it with: brew install ${tool}`;
    case 'linux':
      return installHint(tool, distribution) ?? `install ${tool} and put it on PATH`;
  }
}

function installHint(tool: keyof typeof PACKAGES, distribution: readonly string[]): string | undefined {
  const manager = managerOf(distribution);
  return manager === undefined ? undefined : `install it with: ${INSTALL[manager]} ${PACKAGES[tool][manager]}`;
}

function managerOf(distribution: readonly string[]): PackageManager | undefined {
  return distribution
    .map((id) => MANAGER_OF_DISTRIBUTION[id] ?? MANAGER_OF_DISTRIBUTION[id.split('-')[0] ?? ''])
    .find((manager) => manager !== undefined);
}

/** The command that gets a Python. Distributions carry one or a few versions: elsewhere a version manager has it. */
export function pythonHint(platform: PlatformId, version: string, distribution: readonly string[]): string {
  const minor = version.split('.').slice(0, 2).join('.');
  const mirror = 'or set UV_PYTHON_INSTALL_MIRROR to a mirror of python-build-standalone';
  switch (PLATFORMS[platform].os) {
    case 'windows':
      return `install it with: winget install Python.Python.${minor}; ${mirror}`;
    case 'macos':
      return `install it with: brew install python@${minor}, or pyenv install ${version}; ${mirror}`;
    case 'linux':
      return managerOf(distribution) === 'dnf'
        ? `install it with: sudo dnf install -y python${minor} python${minor}-devel, or pyenv install ${version}; ${mirror}`
        : `install it with: pyenv install ${version}; ${mirror}`;
  }
}

/** What gets a Python whose own files ask for an older glibc than those of this machine. @param reachable what these ask for */
export function oldGlibcPythonHint(version: string, reachable: string): string {
  return `let uv fetch one from github.com, or from the mirror of python-build-standalone that UV_PYTHON_INSTALL_MIRROR names; or name a Python ${version} that was built on an older system: SLIPWAY_PYTHON=/path/to/python3; or set budgets.glibc to "${reachable}"`;
}

/** The command that gets the headers of a system's Python. */
export function headersHint(platform: PlatformId, version: string, distribution: readonly string[]): string {
  const minor = version.split('.').slice(0, 2).join('.');
  if (PLATFORMS[platform].os !== 'linux') return `install Python ${minor} from python.org, which brings its headers`;
  switch (managerOf(distribution)) {
    case 'apt':
      return `install them with: sudo apt-get install -y python${minor}-dev`;
    case 'dnf':
      return `install them with: sudo dnf install -y python${minor}-devel`;
    case 'apk':
      return 'install them with: sudo apk add python3-dev';
    case 'zypper':
      return `install them with: sudo zypper install -y python${minor.replace('.', '')}-devel`;
    case 'pacman':
    case 'emerge':
    case 'nix':
    case 'xbps':
    case undefined:
      return `install the headers of Python ${minor}, or use another one: pyenv install ${minor}`;
  }
}

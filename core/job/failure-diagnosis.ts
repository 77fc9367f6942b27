/**
 * Owns what is known of failing builds: signatures in the log, each with its cause and the next thing to do.
 * `test/core/job/failure-diagnosis.test.ts` holds a real log line for every row; what no row knows shows the log's tail.
 */
import type { ErrorCode } from '../slipway-error';

export interface FailureSignature {
  readonly id: string;
  /** Tried on one line after the other. */
  readonly pattern: RegExp;
  /** One sentence; `$1`, `$2` stand for groups of the pattern. */
  readonly cause: string;
  readonly hint: string;
  /** A sharper code than `compile-failed`, where the cause is none of the compiler's. */
  readonly code?: ErrorCode;
}

export interface Diagnosis {
  readonly id: string;
  readonly cause: string;
  readonly hint: string;
  readonly code?: ErrorCode;
  /** The line that gave it away. */
  readonly line: string;
}

/**
 * The more particular a row, the earlier it stands: the first row that matches any line wins,
 * because a full disk also makes the compiler say that it failed.
 */
export const FAILURE_SIGNATURES: readonly FailureSignature[] = [
  {
    id: 'disk-full',
    pattern: /No space left on device|ENOSPC|There is not enough space on the disk|Disk quota exceeded|os error 28\b/i,
    cause: 'the disk is full',
    hint: 'free some space (a Nuitka build needs one to three gigabytes) and build again',
    code: 'disk-full',
  },
  {
    id: 'out-of-memory',
    pattern:
      /Killed signal terminated program (cc1\w*|lto\w*|ld)|(cc1\w*): out of memory|virtual memory exhausted|MemoryError\b|C1060|cannot allocate memory/i,
    cause: 'the machine ran out of memory while compiling',
    hint: "close other programs, or add '--jobs=1' and '--low-memory' to the binary's options",
  },
  {
    id: 'python-header-missing',
    pattern: /fatal error: '?Python\.h'?(?:: No such file| file not found)|No Python\.h header/i,
    cause: "the C header 'Python.h' is missing: this Python came without its development files",
    hint: 'sudo apt-get install python3-dev, or let slipway fetch a Python by naming another python.version',
  },
  {
    id: 'c-header-missing',
    pattern: /fatal error: '?([\w./-]+\.h(?:pp)?)'?(?:: No such file| file not found)/,
    cause: "a dependency is compiled from source and the C header '$1' is missing",
    hint: 'install the development package of that library, or choose a version of the dependency that has a wheel for this platform',
  },
  {
    id: 'compiler-missing',
    pattern:
      /FATAL:? .*(?:no C compiler|cannot locate suitable C compiler|C compiler .*not (?:be )?found)|unable to execute '?(?:gcc|cc|clang|x86_64-linux-gnu-gcc)'?|command '(?:gcc|cc|clang|x86_64-linux-gnu-gcc)' failed: No such file|Microsoft Visual C\+\+ [\d.]+ or greater is required/i,
    cause: 'there is no C compiler on this machine',
    hint: 'install one: sudo apt-get install gcc, xcode-select --install, or the Build Tools of Visual Studio 2022',
    code: 'compiler-missing',
  },
  {
    id: 'patchelf-missing',
    pattern: /'?patchelf'? (?:is|was) (?:required|not found)|requires 'patchelf'|No such file or directory: 'patchelf'/i,
    cause: 'patchelf is missing, which Nuitka needs on Linux',
    hint: 'slipway brings it into the environment; build again with --no-cache, or sudo apt-get install patchelf',
  },
  {
    id: 'certificate-refused',
    pattern: /CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer|SELF_SIGNED_CERT|unable to get local issuer certificate/i,
    cause: 'the certificate of a server is not trusted on this machine',
    hint: "name your network's certificate in pip's configuration (pip config set global.cert FILE) or in SSL_CERT_FILE",
  },
  {
    id: 'registry-denied',
    pattern:
      /(?:HTTP status client error|status code:?|returned|Client Error).{0,20}\b(401|403)\b|\b(401|403) (?:Unauthorized|Forbidden)\b/i,
    cause: 'a package index refused the credentials ($1)',
    hint: 'set the variables that your index needs and name them under secrets in slipway.yaml',
  },
  {
    id: 'network-down',
    pattern:
      /Temporary failure in name resolution|Could not resolve host|dns error|failed to lookup address|\bENOTFOUND\b|getaddrinfo|Network is unreachable|Connection refused|Connection timed out|error sending request|tcp connect error/i,
    cause: 'a server could not be reached',
    hint: "check the network, the proxy (HTTPS_PROXY) and the package index of pip's configuration, then build again",
  },
  {
    id: 'lock-stale',
    pattern:
      /The lockfile at `?([\w./-]+)`? needs to be updated|(poetry\.lock) is not up to date|(pylock\.toml|pdm\.lock).{0,40}out of date/i,
    cause: 'the lock file does not fit pyproject.toml',
    hint: 'write it again (uv lock, poetry lock or pdm lock), and build again',
    code: 'lock-stale',
  },
  {
    id: 'python-version-refused',
    pattern: /requires-python|requires a different Python|requires Python ?([<>=~!][^ ,]*)|current Python version .* does not satisfy/i,
    cause: 'the program or a dependency does not support this version of Python',
    hint: 'set python.version in slipway.yaml to one that it supports',
  },
  {
    id: 'dependency-unresolved',
    pattern: /No solution found when resolving|ResolutionImpossible|No matching distribution found for|not found in the package registry/i,
    cause: 'the dependencies cannot be resolved: a version does not exist or two demands contradict',
    hint: 'correct the dependencies; the lines below name the packages',
    code: 'dependency-unresolved',
  },
  {
    id: 'dependency-build-failed',
    pattern:
      /Failed to build `?([\w.@=+ -]+?)`?$|Failed building wheel for ([\w.-]+)|Call to `[\w.]+\.build_wheel` failed|metadata-generation-failed/,
    cause: 'a package without a wheel for this platform could not be built from its source',
    hint: 'choose a version that has a wheel, or install what its build needs (its log says what)',
    code: 'dependency-build-failed',
  },
  {
    id: 'program-syntax',
    pattern: /^\s*(?:\*\*\* )?(?:SyntaxError|IndentationError|TabError): (.+)$/,
    cause: 'the program has a syntax error: $1',
    hint: 'correct the line that the log names above it',
  },
  {
    id: 'metadata-without-package',
    pattern: /including metadata for distribution '([\w.-]+)' without including related package/,
    cause: "include.metadata names '$1', and the program imports none of its packages",
    hint: 'add that package to include.packages in slipway.yaml, or take it out of include.metadata',
  },
  {
    id: 'module-excluded',
    pattern: /Module '([\w.]+)' was actively excluded from Nuitka compilation/,
    cause: "the program imports '$1', which exclude leaves out",
    hint: 'take it out of exclude in slipway.yaml',
  },
  {
    id: 'module-missing',
    pattern: /ModuleNotFoundError: No module named '([\w.]+)'/,
    cause: "the module '$1' is not in the binary",
    hint: 'add it to include.modules in slipway.yaml if the program imports it by name at run time, or to its dependencies',
  },
  {
    id: 'metadata-missing',
    pattern: /PackageNotFoundError: (?:No package metadata was found for )?([\w.-]+)/,
    cause: "the metadata of '$1' is not in the binary",
    hint: 'add the distribution to include.metadata in slipway.yaml',
  },
  {
    id: 'data-missing',
    pattern: /FileNotFoundError: \[Errno 2\] No such file or directory: '([^']+)'/,
    cause: "the program did not find the file '$1'",
    hint: 'add it to include.data, or its package to include.package-data in slipway.yaml',
  },
  {
    id: 'glibc-too-old',
    pattern: /version `?(GLIBC(?:XX)?_[\d.]+)'? not found/,
    cause: 'a binary needs $1, which is newer than what this system has',
    hint: 'build on an older system, or choose wheels that are made for one',
  },
  {
    id: 'library-missing',
    pattern:
      /error while loading shared libraries: ([\w.+-]+):|ImportError: ([\w.+-]+\.so[\w.]*): cannot open shared object file|Library not loaded: (\S+)|DLL load failed while importing (\w+)/,
    cause: "the shared library '$1' is not in the binary and not on this system",
    hint: 'install it on the machine that builds, or take the package that needs it out',
  },
  {
    id: 'architecture-wrong',
    pattern:
      /Exec format error|wrong ELF class|is not a supported wheel on this platform|incompatible architecture|Bad CPU type in executable/i,
    cause: 'a file is for another processor or system than this one',
    hint: 'let the dependency come from the package index, and vendor wheels for the platform that is built',
  },
  {
    id: 'permission-denied',
    pattern: /PermissionError: \[(?:Errno 13|WinError 5)\][^:]*(?:: '([^']+)')?|EACCES|Permission denied/,
    cause: 'a file may not be read or written',
    hint: 'check who owns it; on Windows, whether a virus scanner holds it',
  },
  {
    id: 'antivirus',
    pattern: /contains a virus or potentially unwanted software|WinError 225/i,
    cause: 'a virus scanner took a file away while it was made',
    hint: 'use mode: standalone, and exclude the work folder from the scanner',
  },
  {
    id: 'option-unknown',
    pattern: /(?:nuitka|pyinstaller|__main__\.py): error: (.+)$/i,
    cause: 'the compiler refuses an option: $1',
    hint: 'correct options of the binary in slipway.yaml',
  },
  {
    id: 'nuitka-fatal',
    pattern: /^(?:Nuitka|FATAL)[\w-]*(?::ERROR)?: ?(?:Error, |FATAL:? ?)(.+)$|^FATAL: (.+)$|^Nuitka[\w-]*:ERROR: (.+)$/,
    cause: 'Nuitka says: $1',
    hint: 'the lines before it in the log say more',
  },
  {
    id: 'pyinstaller-error',
    pattern: /^\d+ (?:ERROR|CRITICAL): (.+)$|^\w*PyInstaller[\w.]*(?:Error|Exception): (.+)$/i,
    cause: 'PyInstaller says: $1',
    hint: 'the lines before it in the log say more',
  },
  {
    id: 'c-error',
    pattern: /^(?:\S+\.(?:c|cpp|h)):\d+:(?:\d+:)? (?:fatal )?error: (.+)$|^(?:collect2|ld): error: (.+)$/,
    cause: 'the C compiler says: $1',
    hint: 'try another version of the compiler, or report it to Nuitka with the log',
  },
];

/**
 * @param log redacted text of the step that failed
 * @returns undefined where no signature matches
 */
export function diagnoseFailure(log: string): Diagnosis | undefined {
  const lines = log.split(/\r?\n/);
  for (const { id, pattern, cause, hint, code } of FAILURE_SIGNATURES) {
    for (let index = lines.length - 1; index >= 0; index--) {
      const line = lines[index] ?? '';
      const match = pattern.exec(line);
      if (match === null) continue;
      return {
        id,
        cause: filled(cause, match) + placeOf(id, lines, index),
        hint,
        line: line.trim(),
        ...(code === undefined ? {} : { code }),
      };
    }
  }
  return undefined;
}

/** `$1` is the first group that matched: alternatives of one pattern have a group each. */
function filled(text: string, match: RegExpExecArray): string {
  const found = match.slice(1).filter((group): group is string => group !== undefined);
  return text.replace(/\$(\d)/g, (_, number: string) => found[Number(number) - 1] ?? '');
}

/** Python names the file of a syntax error in a line before it. */
function placeOf(id: string, lines: readonly string[], index: number): string {
  if (id !== 'program-syntax') return '';
  for (let before = index - 1; before >= Math.max(0, index - 6); before--) {
    const place = /File "([^"]+)", line (\d+)/.exec(lines[before] ?? '');
    if (place !== null) return ` (${place[1]}:${place[2]})`;
  }
  return '';
}

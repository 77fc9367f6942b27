import { diagnoseFailure, FAILURE_SIGNATURES } from '../../../core/job/failure-diagnosis';

/** A line of each kind, as gcc, Nuitka, PyInstaller, uv, pip, Python and the loaders print them. */
const REAL_LINES: readonly (readonly [id: string, line: string, cause: string])[] = [
  [
    'disk-full',
    '/tmp/ccQzT1aB.s: Assembler messages:\nfatal error: error writing to /tmp/ccN0vU3k.o: No space left on device',
    'the disk is full',
  ],
  ['disk-full', 'OSError: [Errno 28] No space left on device', 'the disk is full'],
  ['disk-full', '  Caused by: failed to write to file `/x/.tmpZ`: No space left on device (os error 28)', 'the disk is full'],
  ['out-of-memory', 'gcc: fatal error: Killed signal terminated program cc1', 'out of memory'],
  ['out-of-memory', 'cc1: out of memory allocating 65536 bytes after a total of 1204224 bytes', 'out of memory'],
  ['python-header-missing', 'static_src/CompiledCodeHelpers.c:3:10: fatal error: Python.h: No such file or directory', 'Python.h'],
  ['c-header-missing', 'src/lxml/etree.c:96:10: fatal error: libxml/xpath.h: No such file or directory', "'libxml/xpath.h'"],
  ['c-header-missing', "psycopg/psycopg.h:35:10: fatal error: 'libpq-fe.h' file not found", "'libpq-fe.h'"],
  ['compiler-missing', "error: command 'gcc' failed: No such file or directory", 'no C compiler'],
  ['compiler-missing', "unable to execute 'x86_64-linux-gnu-gcc': No such file or directory", 'no C compiler'],
  ['compiler-missing', 'error: Microsoft Visual C++ 14.0 or greater is required. Get it with "Microsoft C++ Build Tools"', 'no C compiler'],
  ['compiler-missing', 'FATAL: Error, cannot locate suitable C compiler.', 'no C compiler'],
  [
    'patchelf-missing',
    "FATAL: Error, standalone mode on Linux requires 'patchelf' to be installed. Use 'apt/dnf/yum install patchelf' first.",
    'patchelf',
  ],
  [
    'certificate-refused',
    'urllib.error.URLError: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1000)>',
    'not trusted',
  ],
  ['certificate-refused', '  Caused by: invalid peer certificate: UnknownIssuer', 'not trusted'],
  [
    'registry-denied',
    'error: Failed to fetch: `https://pkgs.example.com/simple/corp/`\n  Caused by: HTTP status client error (401 Unauthorized) for url (https://pkgs.example.com/simple/corp/)',
    '(401)',
  ],
  ['registry-denied', 'ERROR: 403 Client Error: 403 Forbidden for url: https://pkgs.example.com/simple/corp/', '(403)'],
  [
    'network-down',
    '  Caused by: dns error: failed to lookup address information: Temporary failure in name resolution',
    'could not be reached',
  ],
  [
    'network-down',
    "fatal: unable to access 'https://git.example.com/x.git/': Could not resolve host: git.example.com",
    'could not be reached',
  ],
  [
    'lock-stale',
    'error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided. To update the lockfile, run `uv lock`.',
    'does not fit',
  ],
  ['lock-stale', 'Error: poetry.lock is not up to date with pyproject.toml', 'does not fit'],
  ['python-version-refused', "ERROR: Package 'kit' requires a different Python: 3.8.18 not in '>=3.10'", 'version of Python'],
  ['dependency-unresolved', '  × No solution found when resolving dependencies:', 'cannot be resolved'],
  ['dependency-unresolved', 'ERROR: No matching distribution found for typerr==0.1', 'cannot be resolved'],
  ['dependency-build-failed', '  × Failed to build `regex==2024.1.1`', 'could not be built'],
  ['dependency-build-failed', '  ╰─▶ Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)', 'could not be built'],
  [
    'metadata-without-package',
    "FATAL: Error, including metadata for distribution 'idna' without including related package 'idna'.",
    "names 'idna'",
  ],
  ['program-syntax', "SyntaxError: expected ':'", "expected ':'"],
  ['program-syntax', 'IndentationError: unexpected indent', 'unexpected indent'],
  [
    'module-excluded',
    "ImportError: Module 'tkinter' was actively excluded from Nuitka compilation. Disable with '--no-deployment-flag=excluded-module-usage': tkinter",
    "'tkinter'",
  ],
  ['module-missing', "ModuleNotFoundError: No module named 'kit.platforms.linux'", "'kit.platforms.linux'"],
  ['metadata-missing', 'importlib.metadata.PackageNotFoundError: No package metadata was found for fieldkit', "'fieldkit'"],
  ['data-missing', "FileNotFoundError: [Errno 2] No such file or directory: '/opt/kit/themes/dark.toml'", "'/opt/kit/themes/dark.toml'"],
  ['glibc-too-old', "./kit: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./kit)", 'GLIBC_2.38'],
  [
    'library-missing',
    './kit: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file or directory',
    "'libpq.so.5'",
  ],
  ['library-missing', 'ImportError: libGL.so.1: cannot open shared object file: No such file or directory', "'libGL.so.1'"],
  ['library-missing', 'ImportError: DLL load failed while importing _rust: The specified module could not be found.', "'_rust'"],
  ['architecture-wrong', "OSError: [Errno 8] Exec format error: './kit'", 'another processor'],
  [
    'architecture-wrong',
    'ERROR: psutil-6.1.0-cp36-abi3-macosx_11_0_arm64.whl is not a supported wheel on this platform.',
    'another processor',
  ],
  ['permission-denied', "PermissionError: [Errno 13] Permission denied: '/root/x'", 'may not be read'],
  ['permission-denied', 'PermissionError: [WinError 5] Access is denied', 'may not be read'],
  [
    'antivirus',
    'OSError: [WinError 225] Operation did not complete successfully because the file contains a virus or potentially unwanted software',
    'virus scanner',
  ],
  ['option-unknown', 'pyinstaller: error: unrecognized arguments: --inclde', 'unrecognized arguments: --inclde'],
  ['nuitka-fatal', "FATAL: Error, failed to locate package 'kitt' you asked to include.", "failed to locate package 'kitt'"],
  ['nuitka-fatal', "Nuitka:ERROR: Error, file 'work/x.py' is not found.", "file 'work/x.py' is not found."],
  ['pyinstaller-error', "4132 ERROR: Hidden import 'nope' not found", "Hidden import 'nope' not found"],
  ['c-error', "module.kit.c:1042:5: error: expected ';' before 'return'", "expected ';' before 'return'"],
  ['c-error', 'collect2: error: ld returned 1 exit status', 'ld returned 1 exit status'],
];

describe('diagnosis by real log lines', () => {
  test.each(REAL_LINES)('%s: %s', (id, line, cause) => {
    const diagnosis = diagnoseFailure(`==> [2/8] compile  Compile kit\nNuitka: Starting Python compilation.\n${line}\n`);
    expect(diagnosis?.id).toBe(id);
    expect(diagnosis?.cause).toContain(cause);
    expect(diagnosis?.cause).not.toMatch(/\$\d|undefined/);
  });

  test('every row has a line here', () => {
    const proven = new Set(REAL_LINES.map(([id]) => id));
    expect(FAILURE_SIGNATURES.map(({ id }) => id).filter((id) => !proven.has(id))).toEqual([]);
    expect(new Set(FAILURE_SIGNATURES.map(({ id }) => id)).size).toBe(FAILURE_SIGNATURES.length);
  });
});

describe('which row wins', () => {
  test('the particular cause before what follows from it', () => {
    const log =
      'gcc: fatal error: Killed signal terminated program cc1\ncollect2: error: ld returned 1 exit status\nFATAL: Failed unexpectedly in Scons C backend compilation.';
    expect(diagnoseFailure(log)?.id).toBe('out-of-memory');
  });

  test('a syntax error has the place that Python names before it', () => {
    const log = '  File "/job/work/source/kit/cli.py", line 12\n    def main(\n            ^\nSyntaxError: \'(\' was never closed';
    expect(diagnoseFailure(log)?.cause).toContain('(/job/work/source/kit/cli.py:12)');
  });

  test.each([
    'Nuitka: Completed Python level compilation and optimization.',
    'Nuitka-Scons:WARNING: You are not using ccache, re-compilation of identical code will be slower than necessary.',
    "Nuitka-Inclusion:WARNING: Duplicate data file 'certifi/cacert.pem' from 'package data for 'certifi'' is already provided",
    "Nuitka-Plugins:anti-bloat: Not including '_bisect' automatically in order to avoid bloat, but this may cause: may slow down",
    '1031 INFO: PyInstaller: 6.22.3, contrib hooks: 2026.9',
    '4128 WARNING: Hidden import "tzdata" not found!',
    'error: something that nobody has seen',
  ])('no row takes: %s', (line) => {
    expect(diagnoseFailure(line)).toBeUndefined();
  });
});

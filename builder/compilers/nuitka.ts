/** Owns Nuitka's command line and finding what it left. Checked with Nuitka 4.3.3. */
import path from 'node:path';
import posix from 'node:path/posix';
import { executableName } from '../../core/job/artifact-name';
import { namedCCompiler } from '../../core/host/c-compiler-choice';
import { baselineOption, chosenCCompiler, glibcTarget, linkedGlibc } from '../../core/host/glibc-floor';
import { PLATFORMS } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import type { BuilderContext } from '../builder-context';
import { inJob } from '../job-layout';
import {
  compileEnvironment,
  environmentPython,
  fourNumbers,
  fromWork,
  type CompileRequest,
  type PythonCompilerAdapter,
} from './python-compiler';

/** Enough for a few hundred C files; it is copied before and after a build. */
const CCACHE_LIMIT = '400M';

export const nuitka: PythonCompilerAdapter = {
  commands: (request) => [
    {
      argv: [environmentPython(request), '-m', 'nuitka', ...nuitkaOptions(request), fromWork(request.paths.mainFile)],
      cwd: 'work',
      env: { ...compileEnvironment(request, '0'), ...cacheEnvironment(request) },
    },
  ],

  inputs: () => [],

  async findProgram(context, request) {
    const directory = inJob(context, request.paths.compileDirectory);
    const executable = executableName(request.binary.name, request.job.platform);
    const folders = (await context.files.list(directory)).filter(({ kind, name }) => kind === 'directory' && name.endsWith('.dist'));
    const folder = folders[0];
    if (folder === undefined || folders.length > 1)
      throw nothingLeft(
        request,
        folders.map(({ name }) => name),
      );
    const inspectDirectory = path.join(directory, folder.name);
    const isOnefile = request.python.mode === 'onefile';
    const program = path.join(isOnefile ? directory : inspectDirectory, outputFileName(request));
    if ((await context.files.stat(program))?.kind !== 'file') throw nothingLeft(request, [folder.name]);
    return isOnefile
      ? { form: 'file', path: program, executable, inspectDirectory }
      : { form: 'folder', path: await nameProgram(context, request, inspectDirectory), executable };
  },
};

/**
 * What Nuitka is told to call the executable. A package's data lies in a folder of the package's name beside the executable,
 * which a program called like its package may not share a name with: Nuitka 4.3.3 ends with "conflicts with executable".
 */
function outputFileName({ binary, job, python }: CompileRequest): string {
  const executable = executableName(binary.name, job.platform);
  return python.mode === 'onefile' || PLATFORMS[job.platform].os === 'windows' ? executable : `${executable}.bin`;
}

/**
 * Gives the executable its own name. Where a folder has that name already, all of Nuitka's files move to `lib/`,
 * and a link of the program's name leads to the executable there: it finds its files from where it really lies.
 * @returns the folder that ships
 */
async function nameProgram({ files }: BuilderContext, request: CompileRequest, folder: string): Promise<string> {
  const executable = executableName(request.binary.name, request.job.platform);
  const outputFile = outputFileName(request);
  if (outputFile === executable) return folder;
  if ((await files.stat(path.join(folder, executable))) === undefined) {
    await files.move(path.join(folder, outputFile), path.join(folder, executable));
    return folder;
  }
  const arranged = `${folder}-named`;
  await files.makeDirectory(arranged);
  await files.move(folder, path.join(arranged, 'lib'));
  await files.link(`lib/${outputFile}`, path.join(arranged, executable));
  return arranged;
}

function nothingLeft(request: CompileRequest, found: readonly string[]): SlipwayError {
  return new SlipwayError('compile-failed', `Nuitka ended well and left no '${request.binary.name}'`, {
    hint: 'look for its last lines in the log',
    details: { found },
  });
}

function nuitkaOptions(request: CompileRequest): readonly string[] {
  const { python, paths, host } = request;
  const { include, exclude } = python;
  const metadata = [...new Set([...(request.distribution === undefined ? [] : [request.distribution]), ...include.metadata])];
  return [
    `--mode=${python.mode}`,
    '--assume-yes-for-downloads',
    '--progress-bar=none',
    `--jobs=${host.cpuCount}`,
    `--output-dir=${fromWork(paths.compileDirectory)}`,
    `--output-filename=${outputFileName(request)}`,
    `--report=${fromWork(paths.scratchDirectory)}/compilation-report.xml`,
    ...(usesSharedLibpython(request) ? ['--static-libpython=no'] : []),
    ...cCompilerOptions(request),
    ...baselineOptions(request),
    ...include.packages.map((name) => `--include-package=${name}`),
    ...include.modules.map((name) => `--include-module=${name}`),
    ...include.packageData.map((name) => `--include-package-data=${name}`),
    ...metadata.map((name) => `--include-distribution-metadata=${name}`),
    ...(include.data.length === 0 ? [] : [`--include-raw-dir=${fromWork(paths.dataDirectory)}=.`]),
    ...[...exclude.packages, ...exclude.modules].map((name) => `--nofollow-import-to=${name}`),
    ...windowsOptions(request),
    ...python.options,
  ];
}

/** For an older glibc always, where there is one: it is the library that was measured. */
function usesSharedLibpython(request: CompileRequest): boolean {
  const { python } = request.host;
  return python?.needsSharedLibpython === true || (linkedFor(request) !== undefined && python?.sharedLibraryPath !== undefined);
}

/** The glibc that zig links for, where the budget asks for an older one than the host's. */
function linkedFor({ host, job, python }: CompileRequest): string | undefined {
  return linkedGlibc(host, python, job.budgets.glibc);
}

/** x86-64 as every such processor has it, unless the recipe names another. */
function baselineOptions({ host, job, python }: CompileRequest): readonly string[] {
  if (python.options.some((option) => /^--target-arch(?:=|$)/.test(option))) return [];
  const option = baselineOption(job.platform, chosenCCompiler(host, python, job.budgets.glibc));
  return option === undefined ? [] : [option];
}

/** None where the recipe's own options choose: Nuitka takes one compiler. */
function cCompilerOptions({ host, job, python }: CompileRequest): readonly string[] {
  if (python.options.some((option) => /^--(?:mingw64|zig|clang|clang-cl|msvc)(?:=|$)/.test(option))) return [];
  switch (chosenCCompiler(host, python, job.budgets.glibc)) {
    case 'zig':
      return ['--zig'];
    case 'mingw':
      return ['--mingw64'];
    case 'msvc':
      return ['--msvc=latest'];
    case 'clang':
      return host.platform.startsWith('linux') ? ['--clang'] : [];
    default:
      return [];
  }
}

function windowsOptions({ job, binary }: CompileRequest): readonly string[] {
  if (PLATFORMS[job.platform].os !== 'windows') return [];
  const version = fourNumbers(job.version);
  const icon = binary.icon === undefined ? undefined : posix.join('source', job.source.projectPath, binary.icon);
  return [
    `--windows-console-mode=${binary.console ? 'force' : 'disable'}`,
    ...(icon === undefined ? [] : [`--windows-icon-from-ico=${icon}`]),
    ...(job.publisher === undefined ? [] : [`--company-name=${job.publisher}`]),
    `--product-name=${job.title ?? job.name}`,
    `--product-version=${version}`,
    `--file-version=${version}`,
    ...(job.description === undefined ? [] : [`--file-description=${job.description}`]),
  ];
}

/**
 * Nuitka hands these flags to every compile and link (https://nuitka.net/user-documentation/environment-variables.html): so zig is told
 * the target without a script between the two. ccache cannot be put before zig, and zig bounds its own cache by nothing:
 * it is the job's and goes with it.
 */
function zigEnvironment({ paths }: CompileRequest, target: string): Record<string, string> {
  return {
    NUITKA_CACHE_DIR: '$JOB/work/cache/nuitka',
    NUITKA_CACHE_DIR_DOWNLOADS: '$SLIPWAY_HOME/cache/nuitka-downloads',
    CFLAGS: `-target ${target}`,
    LDFLAGS: `-target ${target}`,
    ZIG_GLOBAL_CACHE_DIR: `$JOB/${paths.scratchDirectory}/zig`,
    ZIG_LOCAL_CACHE_DIR: `$JOB/${paths.scratchDirectory}/zig`,
  };
}

/**
 * The caches of the application as its last successful build left them, copied into the job: see `compile-cache.ts`.
 * Paths below the job directory are made relative, or no build would ever find what an earlier one stored.
 */
function cacheEnvironment(request: CompileRequest): Record<string, string> {
  const { host, job, python } = request;
  const linked = linkedFor(request);
  if (linked !== undefined) return zigEnvironment(request, glibcTarget(job.platform, linked));
  const cCompiler = namedCCompiler(python.options) === undefined ? host.cCompiler : undefined;
  return {
    NUITKA_CACHE_DIR: '$JOB/work/cache/nuitka',
    NUITKA_CACHE_DIR_DOWNLOADS: '$SLIPWAY_HOME/cache/nuitka-downloads',
    // Nuitka looks for gcc itself; another name has to be told.
    ...(cCompiler?.kind === 'gcc' && posix.basename(cCompiler.path) !== 'gcc' ? { CC: cCompiler.path } : {}),
    ...(host.ccachePath === undefined
      ? {}
      : {
          NUITKA_CCACHE_BINARY: host.ccachePath,
          CCACHE_DIR: '$JOB/work/cache/ccache',
          CCACHE_BASEDIR: '$JOB',
          CCACHE_NOHASHDIR: '1',
          CCACHE_MAXSIZE: CCACHE_LIMIT,
        }),
  };
}

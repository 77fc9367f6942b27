/** Owns PyInstaller's command line and finding what it left. Checked with PyInstaller 6.22.3. */
import path from 'node:path';
import posix from 'node:path/posix';
import { executableName } from '../../core/job/artifact-name';
import { PLATFORMS } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import { inJob } from '../job-layout';
import {
  compileEnvironment,
  environmentPython,
  fourNumbers,
  fromWork,
  type CompileRequest,
  type PythonCompilerAdapter,
} from './python-compiler';

export const pyinstaller: PythonCompilerAdapter = {
  /** A single file hides what its parts need, so the same program is made as a folder first, and that is inspected. */
  commands: (request) =>
    request.python.mode === 'onefile' ? [command(request, 'onedir'), command(request, 'onefile')] : [command(request, 'onedir')],

  inputs: (request) =>
    PLATFORMS[request.job.platform].os === 'windows' ? [{ path: versionFilePath(request), text: versionFile(request) }] : [],

  async findProgram(context, request) {
    const executable = executableName(request.binary.name, request.job.platform);
    const folder = path.join(inJob(context, `${request.paths.compileDirectory}/onedir`), request.binary.name);
    if ((await context.files.stat(path.join(folder, executable)))?.kind !== 'file') throw nothingLeft(request);
    if (request.python.mode === 'standalone') return { form: 'folder', path: folder, executable };
    const file = path.join(inJob(context, `${request.paths.compileDirectory}/onefile`), executable);
    if ((await context.files.stat(file))?.kind !== 'file') throw nothingLeft(request);
    return { form: 'file', path: file, executable, inspectDirectory: folder };
  },
};

function nothingLeft(request: CompileRequest): SlipwayError {
  return new SlipwayError('compile-failed', `PyInstaller ended well and left no '${request.binary.name}'`, {
    hint: 'look for its last lines in the log',
  });
}

function command(request: CompileRequest, form: 'onedir' | 'onefile') {
  const { job, binary, python, paths, host } = request;
  const { include, exclude } = python;
  const os = PLATFORMS[job.platform].os;
  const metadata = [...new Set([...(request.distribution === undefined ? [] : [request.distribution]), ...include.metadata])];
  const dataSeparator = os === 'windows' ? ';' : ':';
  return {
    argv: [
      environmentPython(request),
      '-m',
      'PyInstaller',
      `--${form}`,
      '--noconfirm',
      '--clean',
      `--name=${binary.name}`,
      `--distpath=${fromWork(paths.compileDirectory)}/${form}`,
      `--workpath=${fromWork(paths.scratchDirectory)}/${form}`,
      // It halves the size; the binutils come with the C compiler.
      ...(os === 'linux' && host.cCompiler !== undefined ? ['--strip'] : []),
      ...include.packages.map((name) => `--collect-submodules=${name}`),
      ...[...include.packages, ...include.modules].map((name) => `--hidden-import=${name}`),
      ...include.packageData.map((name) => `--collect-data=${name}`),
      ...metadata.map((name) => `--copy-metadata=${name}`),
      ...(include.data.length === 0 ? [] : [`--add-data=${fromWork(paths.dataDirectory)}${dataSeparator}.`]),
      ...[...exclude.packages, ...exclude.modules].map((name) => `--exclude-module=${name}`),
      ...windowsOptions(request),
      ...python.options,
      fromWork(paths.mainFile),
    ],
    cwd: 'work',
    env: { ...compileEnvironment(request, '1'), PYINSTALLER_CONFIG_DIR: `$JOB/${paths.scratchDirectory}/config` },
  };
}

function windowsOptions(request: CompileRequest): readonly string[] {
  const { job, binary } = request;
  if (PLATFORMS[job.platform].os !== 'windows') return [];
  return [
    binary.console ? '--console' : '--windowed',
    ...(binary.icon === undefined ? [] : [`--icon=${posix.join('source', job.source.projectPath, binary.icon)}`]),
    `--version-file=${fromWork(versionFilePath(request))}`,
  ];
}

function versionFilePath(request: CompileRequest): string {
  return `${request.paths.scratchDirectory}/version-info.txt`;
}

/** PyInstaller's own format: a Python expression. 040904B0 is English in Unicode. */
function versionFile({ job, binary }: CompileRequest): string {
  const numbers = fourNumbers(job.version).split('.').join(', ');
  const texts: readonly (readonly [string, string | undefined])[] = [
    ['CompanyName', job.publisher],
    ['FileDescription', job.description ?? job.title ?? job.name],
    ['FileVersion', job.version],
    ['OriginalFilename', executableName(binary.name, job.platform)],
    ['ProductName', job.title ?? job.name],
    ['ProductVersion', job.version],
  ];
  const structs = texts.flatMap(([key, value]) =>
    value === undefined ? [] : [`StringStruct(${JSON.stringify(key)}, ${JSON.stringify(value)})`],
  );
  return [
    'VSVersionInfo(',
    `  ffi=FixedFileInfo(filevers=(${numbers}), prodvers=(${numbers})),`,
    `  kids=[StringFileInfo([StringTable("040904B0", [${structs.join(', ')}])]),`,
    '        VarFileInfo([VarStruct("Translation", [1033, 1200])])],',
    ')',
    '',
  ].join('\n');
}

/** A job, tools and a compiler for tests of the whole pipeline: nothing is fetched, and a "compiler" writes its folder at once. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { BuilderContext } from '../../builder/builder-context';
import type { BinaryEvidence } from '../../builder/checks/gather-evidence';
import type { BuildTools } from '../../builder/build-tools';
import { unpackSource } from '../../builder/source/unpack-source';
import type { Host } from '../../core/host/host';
import type { Job, JobBinary, JobPython } from '../../core/job/job';
import type { Files } from '../../core/ports/files';
import type { Processes, ProcessRequest, ProcessResult } from '../../core/ports/processes';
import { SlipwayError } from '../../core/slipway-error';
import { createNodeFiles } from '../../local/machine/files-node';
import { nodeRuntimePackage } from '../../toolchain/node/npm-pins';
import { runtimeName } from '../../builder/node/node-paths';
import { jobPython } from '../fakes/job-python';

export const HOST: Host = {
  platform: 'linux-x86_64',
  cpuCount: 2,
  glibc: '2.36',
  cCompiler: { path: '/usr/bin/gcc', kind: 'gcc', version: '12.2.0' },
  python: { path: '/opt/python/bin/python3.12', version: '3.12.1', provider: 'uv', needsSharedLibpython: true },
  pythonGlibc: '2.17',
};

export function pythonOf(change: Partial<JobPython> = {}): JobPython {
  return jobPython({ dependencies: { lock: 'uv.lock', extras: [], groups: [] }, ...change });
}

export function binaryOf(name: string, change: Partial<JobPython> = {}): JobBinary {
  return { name, python: pythonOf(change), console: true };
}

export function jobOf(change: Partial<Job> = {}): Job {
  return {
    schemaVersion: 1,
    buildId: '0123456789abcdef',
    name: 'kit',
    version: '1.4.0',
    platform: 'linux-x86_64',
    attempt: 1,
    createdAt: '2026-01-02T03:04:05.000Z',
    source: { sha256: '0'.repeat(64), sizeBytes: 1, epochSeconds: 1_767_322_245, projectPath: '.' },
    binaries: [binaryOf('kit')],
    checks: [],
    budgets: {},
    package: { format: 'tar.gz', split: false, installers: [] },
    secretNames: [],
    ...change,
  };
}

/** A source archive of files with their text. */
export async function zipOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name, { mtime: new Date(1980, 0, 1) });
  zip.end();
  return buffer(zip.outputStream);
}

export interface Workplace {
  readonly root: string;
  readonly jobDirectory: string;
  readonly homeDirectory: string;
  readonly lines: string[];
  remove(): void;
}

/** A job directory with the job and its source in it. */
export async function makeWorkplace(
  job: Job,
  source: Readonly<Record<string, string>> = { 'pyproject.toml': '[project]\n' },
): Promise<{ readonly place: Workplace; readonly job: Job }> {
  const root = mkdtempSync(path.join(tmpdir(), 'slipway-builder-'));
  const place: Workplace = {
    root,
    jobDirectory: path.join(root, 'job'),
    homeDirectory: path.join(root, 'home'),
    lines: [],
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  const zip = await zipOf(source);
  const sha256 = createHash('sha256').update(zip).digest('hex');
  const full: Job = { ...job, source: { ...job.source, sha256, sizeBytes: zip.length } };
  mkdirSync(path.join(place.jobDirectory, 'in'), { recursive: true });
  writeFileSync(path.join(place.jobDirectory, 'in', 'job.json'), JSON.stringify(full));
  writeFileSync(path.join(place.jobDirectory, 'in', 'source.zip'), zip);
  return { place, job: full };
}

export function contextOf(place: Workplace, processes: Processes, change: Partial<BuilderContext> = {}): BuilderContext {
  let nowMs = 1_767_322_300_000;
  return {
    files: createNodeFiles(),
    processes,
    downloads: {
      text: () => Promise.reject(new SlipwayError('internal', 'a test downloads nothing')),
      file: () => Promise.reject(new SlipwayError('internal', 'a test downloads nothing')),
    },
    clock: { nowMs: () => (nowMs += 10), sleep: () => Promise.resolve() },
    connections: { answers: () => Promise.resolve(true) },
    environment: { PATH: '/usr/bin:/bin' },
    platform: 'linux-x86_64',
    cpuCount: 2,
    homeDirectory: place.homeDirectory,
    userDirectory: place.root,
    jobDirectory: place.jobDirectory,
    log: (line) => void place.lines.push(line),
    ...change,
  };
}

/** Evidence of a binary that does all that is asked of it. */
export function soundEvidence(name: string): BinaryEvidence {
  return {
    requires: {},
    systemLibraries: [],
    checks: [{ title: `run --version of ${name}`, kind: 'run', outcome: 'passed', durationMs: 1 }],
    secretsFound: [],
    folderBytes: 30,
    fileCount: 1,
  };
}

export const FAKE_TOOLS: BuildTools = {
  unpackSource,
  takeInventory: () => Promise.resolve({ parts: [], owners: new Map(), embedded: [] }),
  checkBinary: (_, _job, binary) => Promise.resolve(soundEvidence(binary.name)),
  inspectHost: () => Promise.resolve(HOST),
  ensureUv: () => Promise.resolve({ path: '/opt/uv', version: '0.13.8' }),
  findPython: (_, version) => Promise.resolve({ path: `/opt/python/bin/python${version}`, version: `${version}.1`, provider: 'uv' }),
  preparePythonEnvironment: (_, request) =>
    Promise.resolve({
      interpreter: path.join(request.environmentDirectory, 'bin', 'python'),
      binDirectory: path.join(request.environmentDirectory, 'bin'),
      env: { PATH: '/usr/bin:/bin' },
      packages: [{ name: 'psutil', version: '7.0.0' }],
      compilerVersion: request.compiler === 'nuitka' ? '4.3.3' : '6.22.3',
      warnings: [],
    }),
  ensureEsbuild: ({ homeDirectory }) => Promise.resolve(keptPackage(homeDirectory, 'esbuild-0.28.2', 'esbuild')),
  ensureNodeRuntime: (context, wanted, platform) => {
    const { name, version } = nodeRuntimePackage(wanted, platform);
    const kept = keptPackage(context.homeDirectory, `${name}-${version}`, runtimeName(platform));
    mkdirSync(kept.directory, { recursive: true });
    writeFileSync(kept.main, `the Node of ${platform}`, { mode: 0o755 });
    writeFileSync(path.join(kept.directory, 'LICENSE'), 'the licence of Node');
    const sha256 = createHash('sha256').update(`the Node of ${platform}`).digest('hex');
    return Promise.resolve({ ...kept, sha256, version, package: { name, version, integrity: 'sha512-AA==' }, isPinned: true });
  },
  installNpmDependencies: () => Promise.resolve(),
  compileLauncher: (context, { outputFile, folders, program, args }) =>
    context.files.write(outputFile, `#!/bin/sh\n${JSON.stringify({ folders, program, args })}\n`, { mode: 0o755 }),
};

function keptPackage(homeDirectory: string, folder: string, main: string) {
  const directory = path.join(homeDirectory, 'toolchains', folder);
  return { directory, main: path.join(directory, main), sha256: createHash('sha256').update('').digest('hex') };
}

const ENDED: ProcessResult = { exitCode: 0, signal: null, isTimedOut: false, stdout: '', stderr: '', durationMs: 5 };

export interface FakeProcessOptions {
  /** What the compiler prints, in pieces. */
  readonly output?: readonly (string | Uint8Array)[];
  readonly exitCode?: number;
  /** Files of the program beside its executable, with their text. */
  readonly files?: Readonly<Record<string, string>>;
  readonly isEmptyHanded?: boolean;
  /** How a built program ends. */
  readonly program?: (request: ProcessRequest) => Partial<ProcessResult>;
  readonly entryAnswer?: object;
}

export interface FakeProcesses extends Processes {
  readonly requests: ProcessRequest[];
}

/** Plays the interpreter that looks at the entry, the compiler, and the built program. */
export function fakeProcesses(options: FakeProcessOptions = {}): FakeProcesses {
  const requests: ProcessRequest[] = [];
  const answer = options.entryAnswer ?? { answer: 'script', entryPoint: 'kit.cli:app', distribution: 'kit', broken: [] };
  const run = (request: ProcessRequest): ProcessResult => {
    requests.push(request);
    if (request.args[0] === '-I') return { ...ENDED, stdout: JSON.stringify(answer) };
    if (request.args[0] !== '-m') return { ...ENDED, ...options.program?.(request) };
    for (const piece of options.output ?? []) request.onOutput?.('stdout', Buffer.from(piece));
    if ((options.exitCode ?? 0) === 0 && options.isEmptyHanded !== true) compile(request, options.files ?? {});
    return { ...ENDED, exitCode: options.exitCode ?? 0 };
  };
  return {
    requests,
    run: (request) => Promise.resolve(run(request)),
    start: (request) => ({
      pid: 1,
      result: Promise.resolve(run(request)),
      stop: () => undefined,
      survivors: () => Promise.resolve([]),
      killTree: () => Promise.resolve(),
    }),
    find: () => Promise.resolve(undefined),
  };
}

function compile(request: ProcessRequest, files: Readonly<Record<string, string>>): void {
  const option = (name: string) => request.args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const isNuitka = request.args[1] === 'nuitka';
  const isOnefile = request.args.includes('--onefile') || option('mode') === 'onefile';
  const directory = path.join(request.cwd, option(isNuitka ? 'output-dir' : 'distpath') ?? '');
  const executable = (isNuitka ? option('output-filename') : option('name')) ?? '';
  const folder = path.join(directory, isNuitka ? `${path.basename(request.args.at(-1) ?? '', '.py')}.dist` : executable);
  const put = (file: string, text: string, mode: number) => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  };
  if (isNuitka || !isOnefile) {
    put(path.join(folder, executable), `#!/bin/sh\necho ${executable}\n`, 0o700);
    for (const [name, text] of Object.entries(files)) put(path.join(folder, name), text, 0o600);
  }
  if (isOnefile) put(path.join(directory, executable), `#!/bin/sh\necho packed ${executable}\n`, 0o700);
}

const WRITES = ['write', 'writeStream', 'create', 'append', 'makeDirectory', 'remove', 'copy', 'move', 'link', 'setMode'] as const;

export interface FaultyFiles {
  readonly files: Files;
  count(): number;
}

/**
 * Files of which one write goes wrong.
 * `once`: it fails as on a full disk, what comes after works. `dead`: nothing after it happens any more, as when the process was killed;
 * a stream that is cut leaves its temporary file behind.
 */
export function faultyFiles(faultAt: number, kind: 'once' | 'dead'): FaultyFiles {
  const real = createNodeFiles();
  let count = 0;
  const wrapped: Record<string, unknown> = {};
  for (const name of WRITES) {
    const method = Reflect.get(real, name) as (...args: unknown[]) => Promise<unknown>;
    wrapped[name] = async (...args: unknown[]) => {
      count++;
      const isFault = kind === 'once' ? count === faultAt : count >= faultAt;
      if (!isFault) return method.apply(real, args);
      if (count === faultAt && (name === 'write' || name === 'writeStream')) {
        const file = String(args[0]);
        mkdirSync(path.dirname(file), { recursive: true });
        if (kind === 'dead') writeFileSync(path.join(path.dirname(file), `.${path.basename(file)}.0badf00d.part`), 'half');
      }
      throw new SlipwayError('disk-full', `the disk is full: cannot write '${String(args[0])}'`);
    };
  }
  return { files: { ...real, ...(wrapped as Pick<Files, (typeof WRITES)[number]>) }, count: () => count };
}

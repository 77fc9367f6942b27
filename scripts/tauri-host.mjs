/**
 * The proof that a sidecar made by Slipway works in a real Tauri 2 host: builds examples/sidecar-python as a sidecar, puts it into
 * examples/tauri-host with `slipway download --layout tauri`, builds the host and its Debian package, and runs both layouts under a
 * virtual display, also in every way that a sidecar can fail. The last line is `tauri host ok: …`; any step that fails ends it non-zero.
 *
 *     npm run test:tauri [-- --screenshot FILE.png]
 *
 * It installs the Debian packages that it needs where it may, and says the command where it may not. What cargo makes is kept in the
 * cache folder of the tests, so that a second run takes a minute.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, slipway, StepError, stop, stopAll } from './command.mjs';
import { ROOT, reportSetUpError, setUp, SetUpError } from './set-up.mjs';
import { expectEnd, runHost, startDisplay } from './tauri-display.mjs';

const SIDECAR = path.join(ROOT, 'examples/sidecar-python');
const EXAMPLE = path.join(ROOT, 'examples/tauri-host');
const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'slipway-tests', 'tauri-host');
const PROJECT = path.join(CACHE, 'project');
const TARGET = path.join(CACHE, 'target');
/** v2.tauri.app/start/prerequisites, and a display. */
const PACKAGES = ['libwebkit2gtk-4.1-dev', 'build-essential', 'pkg-config', 'libssl-dev', 'librsvg2-dev', 'xvfb'];
const SCREENSHOT_PACKAGES = ['imagemagick'];
const CYCLES = 5;
const PLATFORM = `linux-${process.arch === 'arm64' ? 'arm64' : 'x86_64'}`;
const TRIPLE = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;

/** @typedef {import('./tauri-display.mjs').Display} Display */

const say = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);
const step = (/** @type {string} */ title) => say(`\n▸ ${title}`);
const work = mkdtempSync(path.join(tmpdir(), 'slipway-tauri-'));
const startedAt = Date.now();

/** @param {readonly string[]} options */
async function prove(options) {
  if (process.platform !== 'linux')
    throw new SetUpError(`the host is tried on Linux, not on ${process.platform}`, 'run it on a Debian or Ubuntu');
  const screenshot = options[0] === '--screenshot' ? path.resolve(options[1] ?? 'tauri-host.png') : undefined;
  await setUp(say);
  installPackages(screenshot === undefined ? PACKAGES : [...PACKAGES, ...SCREENSHOT_PACKAGES]);
  requireCargo();

  step('build the sidecar: slipway start-build --config slipway.tauri.yaml --platform native --wait');
  const data = await slipway(['start-build', '--config', recipe(), '--platform', 'native', '--wait'], { cwd: SIDECAR, showProgress: true });
  const { buildId } = data.build;

  step('put it into the host: slipway download --layout tauri --into src-tauri');
  copyExample();
  const download = ['download', buildId, '--config', recipe(), '--layout', 'tauri', '--into', path.join(PROJECT, 'src-tauri')];
  const placed = await slipway(download, { cwd: SIDECAR });
  say(placed.placed.flatMap((/** @type {{ paths: string[] }} */ { paths }) => paths).join('\n'));
  const again = await slipway(download, { cwd: SIDECAR });
  expect(
    again.placed.every((/** @type {{ wasThere: boolean }} */ { wasThere }) => wasThere),
    'a second download changes nothing',
  );

  step('build the host and its package: tauri build --debug --bundles deb');
  await buildHost();
  const built = path.join(TARGET, 'debug');
  const installed = path.join(work, 'installed');
  const [deb = ''] = readdirSync(path.join(built, 'bundle/deb')).filter((name) => name.endsWith('.deb'));
  await need(['dpkg-deb', '-x', path.join(built, 'bundle/deb', deb), installed]);

  const display = await startDisplay(work);
  try {
    step('run it as cargo left it');
    await proveWorks(display, path.join(built, 'tauri-host'), path.join(built, 'resources/sidecar-hello', TRIPLE, 'sidecar-hello'));
    step(`run it as its package installs it: ${deb}`);
    const host = path.join(installed, 'usr/bin/tauri-host');
    const resources = path.join(installed, 'usr/lib/Tauri Host/resources/sidecar-hello', TRIPLE);
    const readyMs = await proveWorks(display, host, path.join(resources, 'sidecar-hello'));
    step('run it in every way that a sidecar can fail');
    await proveFailures(display, host, resources);
    if (screenshot !== undefined) await takeScreenshot(display, host, screenshot);
    return { deb, readyMs };
  } finally {
    await stop(display.child);
  }
}

/** The recipe's glibc floor is that of Debian 12: a newer system cannot keep it, and builds without. */
function recipe() {
  const text = readFileSync(path.join(SIDECAR, 'slipway.tauri.yaml'), 'utf8');
  const floor = Number(/^ {2}glibc: "2\.(\d+)"/m.exec(text)?.[1] ?? Infinity);
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  if (Number(report.header.glibcVersionRuntime?.split('.')[1] ?? 0) <= floor) return 'slipway.tauri.yaml';
  const copy = path.join(work, 'sidecar');
  cpSync(SIDECAR, copy, { recursive: true });
  writeFileSync(path.join(copy, 'slipway.tauri.yaml'), text.replace(/^ {2}glibc:.*\n/m, ''));
  return path.join(copy, 'slipway.tauri.yaml');
}

/** @param {readonly string[]} wanted */
function installPackages(wanted) {
  const missing = wanted.filter(
    (name) => !/^Status: install ok installed$/m.test(spawnSync('dpkg', ['-s', name], { encoding: 'utf8' }).stdout ?? ''),
  );
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    throw new SetUpError(`a Tauri host needs ${missing.join(', ')}`, `sudo ${command}`);
  say(`installing ${missing.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    ['-o', 'DPkg::Lock::Timeout=600', 'install', '-y', '-qq', '--no-install-recommends', ...missing],
  ]) {
    const ended = spawnSync('apt-get', args, { env, encoding: 'utf8' });
    if (ended.status !== 0)
      throw new SetUpError(`apt-get ${args[0]} ended with ${ended.status}: ${ended.stderr.trim()}`, `sudo ${command}`);
  }
}

/** Tauri 2.12 is written for Rust 1.90. */
function requireCargo() {
  const told = spawnSync('cargo', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const [, minor = '0'] = /cargo 1\.(\d+)/.exec(told) ?? [];
  if (Number(minor) >= 90) return;
  const found = told === '' ? 'there is none here' : `here is '${told.trim()}'`;
  throw new SetUpError(`a Tauri host needs Rust 1.90 or newer, and ${found}`, 'install it from https://rustup.rs');
}

/** A project of its own: the example stays as it is checked in. */
function copyExample() {
  mkdirSync(PROJECT, { recursive: true });
  for (const name of readdirSync(PROJECT)) if (name !== 'node_modules') rmSync(path.join(PROJECT, name), { recursive: true });
  const isSource = (/** @type {string} */ file) =>
    !/\/(?:node_modules|target|gen|binaries|resources|slipway)$|\/tauri\.(?:linux|macos|windows)\.conf\.json$/.test(file);
  cpSync(EXAMPLE, PROJECT, { recursive: true, filter: isSource });
}

async function buildHost() {
  rmSync(path.join(TARGET, 'debug/bundle'), { recursive: true, force: true });
  await need(['npm', 'install', '--no-audit', '--no-fund', '--silent'], { cwd: PROJECT });
  await need(['cargo', 'fetch', '--locked'], { cwd: path.join(PROJECT, 'src-tauri') });
  const env = { ...process.env, CARGO_TARGET_DIR: TARGET, CARGO_NET_OFFLINE: 'true' };
  const cli = path.join(PROJECT, 'node_modules/.bin/tauri');
  await need([cli, 'build', '--debug', '--ci', '--bundles', 'deb', '--', '--locked'], { cwd: PROJECT, env });
}

/** @param {readonly string[]} argv @param {import('./command.mjs').RunOptions} [options] */
async function need(argv, options) {
  const ended = await run(argv, options);
  if (ended.exitCode === 0) return ended;
  throw new StepError(
    `${argv.slice(0, 3).join(' ')} ended with ${ended.exitCode}: ${`${ended.stdout}\n${ended.stderr}`.trim().split('\n').slice(-30).join('\n')}`,
  );
}

/** @param {Display} display @param {string} host @param {string} program what the launcher becomes @returns {Promise<number>} */
async function proveWorks(display, host, program) {
  const ended = await runHost(display, host, ['--hold', '0.7', '--', '--heartbeat', '0.2']);
  say(ended.out.trim());
  expectEnd(
    ended,
    0,
    /sidecar: READY\n[\s\S]*sidecar: HEARTBEAT\n[\s\S]*sidecar: SHUTDOWN reason=signal name=SIGTERM\nhost: sidecar-hello ended well\n$/,
  );
  expect(ended.program === program, `the sidecar runs from '${program}', not from '${ended.program}'`);
  const times = [];
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const each = await runHost(display, host, ['--hold', '0']);
    expectEnd(each, 0, /ended well/);
    times.push(each.readyMs ?? 0);
  }
  times.sort((a, b) => a - b);
  say(`started ${CYCLES} times more, each time well; launch to READY in the host: ${times.join(', ')} ms`);
  return times[Math.floor(CYCLES / 2)] ?? 0;
}

/** @param {Display} display @param {string} host @param {string} resources */
async function proveFailures(display, host, resources) {
  await fails(display, host, 'no READY in time', ['--ready', 'NEVER', '--within', '2'], 5, /'sidecar-hello' was not ready within 2 s/);
  await fails(
    display,
    host,
    'an end before READY',
    ['--', '--heartbeat', 'never'],
    4,
    /ended before it was ready, with exit code 2; it wrote to standard error:\n[\s\S]*invalid float value: 'never'/,
  );
  await fails(
    display,
    host,
    'an end while it is in use',
    ['--hold', '30', '--', '--seconds', '0.3'],
    6,
    /ended while it was in use, with exit code 0/,
  );
  await fails(display, host, 'a wrong option', ['--bogus'], 2, /unknown option '--bogus'/);
  await without(resources, () =>
    fails(
      display,
      host,
      'resources that are not there',
      [],
      4,
      /exit code 127[\s\S]*sidecar-hello: cannot find 'sidecar-hello': it is in none of/,
    ),
  );
  const binary = path.join(path.dirname(host), 'sidecar-hello');
  await without(binary, () =>
    fails(display, host, 'a sidecar that is not there', [], 3, /cannot start 'sidecar-hello': No such file or directory/),
  );
  const killed = await runHost(display, host, ['--hold', '30'], (pid) => process.kill(pid, 'SIGKILL'));
  expectEnd(killed, 6, /ended while it was in use, with signal 9/);
  say("a sidecar that is killed: exit 6, 'sidecar-hello' ended while it was in use, with signal 9");
}

/** @param {Display} display @param {string} host @param {string} what @param {readonly string[]} args @param {number} code @param {RegExp} message */
async function fails(display, host, what, args, code, message) {
  const ended = await runHost(display, host, args);
  expectEnd(ended, code, message);
  const told = (/^error: ([\s\S]*)$/m.exec(ended.err) ?? [])[1] ?? '';
  // WebKit's own processes complain where the host ends before its page is drawn.
  const lines = told
    .trim()
    .split('\n')
    .filter((line) => line !== '' && !line.includes('Gtk-WARNING'));
  say(`${what}: exit ${code}, ${lines.join('\n    ').replaceAll(work, '')}`);
}

/** @param {string} file @param {() => Promise<void>} action */
async function without(file, action) {
  renameSync(file, `${file}.away`);
  try {
    await action();
  } finally {
    renameSync(`${file}.away`, file);
  }
}

/** @param {Display} display @param {string} host @param {string} file */
async function takeScreenshot(display, host, file) {
  step(`take a picture of the window: ${file}`);
  /** @type {Promise<unknown> | undefined} */
  let taken;
  const picture = async () => {
    await sleep(3_000); // The page is drawn by another process, which says nothing of it.
    await need(['import', '-display', display.name, '-window', 'root', '-crop', '520x300+0+0', '+repage', file]);
  };
  const ended = await runHost(display, host, ['--hold', '8', '--', '--heartbeat', '1'], () => (taken = picture()));
  await taken;
  expectEnd(ended, 0, /ended well/);
}

/** @param {boolean} holds @param {string} what */
function expect(holds, what) {
  if (!holds) throw new StepError(`it does not hold that ${what}`);
}

for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(name, () => void stopAll().then(() => process.exit(130)));

try {
  const { deb, readyMs } = await prove(process.argv.slice(2));
  say(`the whole proof took ${Math.round((Date.now() - startedAt) / 1000)} s`);
  process.stdout.write(`tauri host ok: ${deb} on ${PLATFORM}, launch to READY ${readyMs} ms in the installed host\n`);
} catch (error) {
  if (error instanceof StepError) {
    say(`error: ${error.message}`);
    process.exitCode = error.exitCode;
  } else if (error instanceof SetUpError) reportSetUpError(error);
  else throw error;
} finally {
  await stopAll();
  rmSync(work, { recursive: true, force: true });
}

/**
 * The main job, once and for real, with the commands that a person types: build examples/fieldkit, hand it out by a link that is
 * bound to one address, fetch it with plain HTTP, verify, unpack and run it, and see the link refuse everybody else.
 * The last line is `demo ok: <artifact> sha256=<hex> cold-start=<n>ms url=<link>`; any step that fails ends it non-zero.
 *
 * A repeated demo reuses the stored result and says so; `npm run demo -- --no-cache` builds again.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lineOf, run, slipway, SLIPWAY, start, StepError, stop, stopAll } from './command.mjs';
import { ROOT, reportSetUpError, setUp, SetUpError } from './set-up.mjs';

const FIELDKIT = path.join(ROOT, 'examples/fieldkit');
const LOOPBACK = '127.0.0.1';
/** An address of this machine that the link is not bound to. */
const STRANGER = '127.0.0.2';

const say = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);
const startedAt = Date.now();
const work = mkdtempSync(path.join(tmpdir(), 'slipway-demo-'));
/** What is undone at the end, newest first, whichever way it ends. @type {(() => unknown)[]} */
const undo = [() => rmSync(work, { recursive: true, force: true, maxRetries: 3 })];

/** @param {readonly string[]} options */
async function demo(options) {
  await setUp(say);
  step(`build examples/fieldkit: slipway start-build --platform native --wait${options.includes('--no-cache') ? ' --no-cache' : ''}`);
  const build = await buildFieldkit(options.includes('--no-cache'));
  if (build.isReused) say('an earlier result for the same inputs was reused; npm run demo -- --no-cache builds again');

  step('serve the links of this machine: slipway serve --port 0');
  const server = await serve();

  step(`hand it out: slipway distribute ${build.buildId} --allowed-ips ${LOOPBACK} --expires-hours 1`);
  const view = await slipway(['distribute', build.buildId, '--allowed-ips', LOOPBACK, '--expires-hours', '1', ...server.baseUrlOption]);
  const { distId } = view.distribution;
  undo.push(() => run([...SLIPWAY, 'revoke', distId]));
  say(view.url);

  step('fetch it with plain HTTP, and verify its checksum');
  const manifest = JSON.parse((await fetchOk(`${view.url}/manifest.json`)).toString('utf8'));
  const artifact = manifest.artifacts.find((/** @type {{ kind: string }} */ { kind }) => kind === 'archive');
  const bytes = await fetchOk(`${view.url}/${artifact.file}`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  verify(sha256, artifact, (await fetchOk(`${view.url}/SHA256SUMS`)).toString('utf8'));
  const archive = path.join(work, artifact.file);
  writeFileSync(archive, bytes);
  say(`${artifact.file}: ${bytes.length} bytes, sha256 ${sha256}`);

  step('unpack it and run the program');
  await runUnpacked(archive, manifest);

  step(`see the link refuse another address (${STRANGER}), and everybody after slipway revoke ${distId}`);
  await proveRefused(view.url, artifact.file, build.buildId, server.baseUrlOption);
  await slipway(['revoke', distId]);
  expectStatus(await get(`${view.url}/${artifact.file}`), [404, 410], 'a revoked link');
  say('refused, as it should be');

  await stop(server.child);
  const coldStartMs = Math.round(manifest.platforms[artifact.platform].binaries[0].launch.cold.medianMs);
  await cleanUp();
  say(`the whole demo took ${Math.round((Date.now() - startedAt) / 1000)} s`);
  process.stdout.write(`demo ok: ${artifact.file} sha256=${sha256} cold-start=${coldStartMs}ms url=${view.url}\n`);
}

/** @param {string} title */
function step(title) {
  say(`\n▸ ${title}`);
}

/** @param {boolean} isForced */
async function buildFieldkit(isForced) {
  const since = new Date().toISOString();
  const cwd = projectFor(process.report.getReport());
  // Ctrl+C leaves a build running, and a demo leaves nothing behind.
  const cancel = async () => {
    const { builds } = await slipway(['builds', '--app', 'fieldkit'], { cwd });
    for (const { buildId, createdAt } of builds) if (createdAt >= since) await run([...SLIPWAY, 'cancel', buildId], { cwd });
  };
  undo.push(cancel);
  const data = await slipway(['start-build', '--platform', 'native', '--wait', ...(isForced ? ['--no-cache'] : [])], {
    cwd,
    showProgress: true,
  });
  undo.splice(undo.indexOf(cancel), 1);
  const job = /** @type {{ cache: string }} */ (Object.values(data.build.jobs)[0]);
  return { buildId: data.build.buildId, isReused: job.cache === 'used' };
}

/**
 * The example's glibc floor is that of Debian 12. A newer system cannot keep it: there a copy without the floor is built.
 * @param {object} report Node's own report of this machine
 */
function projectFor(report) {
  const recipe = readFileSync(path.join(FIELDKIT, 'slipway.yaml'), 'utf8');
  const floor = Number(/^ {2}glibc: "2\.(\d+)"/m.exec(recipe)?.[1] ?? Infinity);
  const own = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (report).header.glibcVersionRuntime;
  if (own === undefined || Number(own.split('.')[1]) <= floor) return FIELDKIT;
  say(`this machine's glibc ${own} is newer than the example's floor 2.${floor}: building a copy without the floor`);
  const copy = path.join(work, 'fieldkit');
  cpSync(FIELDKIT, copy, { recursive: true });
  writeFileSync(path.join(copy, 'slipway.yaml'), recipe.replace(/^ {2}glibc:.*\n/m, ''));
  return copy;
}

async function serve() {
  const child = start([...SLIPWAY, 'serve', '--port', '0']);
  undo.push(() => stop(child));
  const [, url = ''] = await lineOf(child, /(http:\/\/127\.0\.0\.1:\d+)/, 20_000);
  say(url);
  return { child, url, baseUrlOption: ['--base-url', url] };
}

/** @param {string} sha256 @param {{ file: string, sha256: string }} artifact @param {string} sums */
function verify(sha256, artifact, sums) {
  const listed = sums.split(/\r?\n/).find((line) => line.endsWith(` ${artifact.file}`) || line.endsWith(`*${artifact.file}`));
  if (artifact.sha256 !== sha256) throw new StepError(`the file has sha256 '${sha256}', its manifest says '${artifact.sha256}'`, 12);
  if (listed?.split(/\s/)[0] !== sha256) throw new StepError(`the file has sha256 '${sha256}', SHA256SUMS says '${listed}'`, 12);
}

/** @param {string} archive @param {{ name: string, version: string }} manifest */
async function runUnpacked(archive, manifest) {
  const unpacked = await run(['tar', '-xf', path.basename(archive)], { cwd: work });
  if (unpacked.exitCode !== 0) throw new StepError(`tar could not unpack '${archive}': ${unpacked.stderr}`);
  const folder = path.basename(archive).replace(/\.(tar\.gz|zip)$/, '');
  const program = path.join(work, folder, process.platform === 'win32' ? `${manifest.name}.exe` : manifest.name);
  /** Nothing of ours: no Python, no settings. */
  const env = process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot } : { PATH: '/usr/bin:/bin' };
  for (const [args, expected] of /** @type {const} */ ([
    [['--version'], `${manifest.name} ${manifest.version}`],
    [['profiles', 'show', 'power-meter'], 'at least 10 MΩ'],
  ])) {
    const { exitCode, stdout, stderr } = await run([program, ...args], { cwd: work, env });
    say(`$ ${manifest.name} ${args.join(' ')}\n${stdout.trimEnd()}`);
    if (exitCode !== 0 || !stdout.includes(expected))
      throw new StepError(`'${manifest.name} ${args.join(' ')}' ended with ${exitCode} and did not say '${expected}': ${stderr}`, 11);
  }
}

/** @param {string} url @param {string} file @param {string} buildId @param {readonly string[]} baseUrlOption */
async function proveRefused(url, file, buildId, baseUrlOption) {
  try {
    return expectStatus(await get(`${url}/${file}`, STRANGER), [403, 404], 'another address');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRNOTAVAIL') throw error;
  }
  // Where the system has one loopback address only (macOS), we are the stranger ourselves.
  const other = await slipway(['distribute', buildId, '--allowed-ips', STRANGER, '--expires-hours', '1', ...baseUrlOption]);
  undo.push(() => run([...SLIPWAY, 'revoke', other.distribution.distId]));
  expectStatus(await get(`${other.url}/${file}`), [403, 404], 'another address');
}

/** @param {{ status: number }} answer @param {readonly number[]} expected @param {string} who */
function expectStatus({ status }, expected, who) {
  if (!expected.includes(status)) throw new StepError(`${who} got status ${status} and not ${expected.join(' or ')}`, 5);
}

/** @param {string} url */
async function fetchOk(url) {
  const answer = await get(url);
  expectStatus(answer, [200], `GET ${url}`);
  return answer.body;
}

/** @param {string} url @param {string} [localAddress] @returns {Promise<{ status: number, body: Buffer }>} */
function get(url, localAddress = LOOPBACK) {
  return new Promise((resolve, reject) => {
    http
      .get(url, { localAddress, agent: false }, (answer) => {
        /** @type {Buffer[]} */
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
        answer.on('error', reject);
      })
      .on('error', reject);
  });
}

let isCleanedUp = false;
async function cleanUp() {
  if (isCleanedUp) return;
  isCleanedUp = true;
  for (const action of undo.reverse()) {
    try {
      await action();
    } catch (error) {
      say(`while cleaning up: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await stopAll();
}

for (const [name, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.once(name, () => {
    say('\ninterrupted: cleaning up');
    void cleanUp().then(() => process.exit(code));
  });
}

demo(process.argv.slice(2)).catch(async (error) => {
  await cleanUp();
  if (error instanceof SetUpError) return reportSetUpError(error);
  say(`demo failed: ${error instanceof StepError ? error.message : (error?.stack ?? error)}`);
  process.exitCode = error instanceof StepError ? error.exitCode : 1;
});

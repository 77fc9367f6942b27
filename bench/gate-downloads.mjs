/** What `slipway serve` makes of large files: how fast one of 1 GB goes out, against nginx, and what a hundred at once cost in memory. */
import { spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, writeFileSync, mkdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { run, start, StepError, stop } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { linkTo, startGate } from './gate-process.mjs';
import { compare, inTurns, seriesOf } from './measure.mjs';

const FILE_BYTES = 1_000_000_000;
const ROUNDS = 15;
/** Of what a hundred downloads may cost beyond what one does. */
const MOST_MORE_BYTES = 64_000_000;
const AT_ONCE = 100;
const MEMORY_ROUNDS = 3;
const SAMPLE_MS = 100;
const SAMPLES = 80;

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function gateThroughput({ work, env, say }) {
  const { home, link, file } = await bigLink(work, env, say);
  const nginx = await startNginx(work, file);
  const gate = await startGate(home, env);
  try {
    const fetched = { ours: () => timeOf(`${gate.url}${link}`, env), theirs: () => timeOf(nginx.url, env) };
    // Once without a clock: the gate proves the copy, and both find it in memory afterwards.
    for (const once of Object.values(fetched)) await once();
    say(`a file of 1 GB, ${ROUNDS} times each, by curl`);
    const { ours, theirs } = await inTurns(ROUNDS, fetched);
    const figure = compare(
      { name: 'a download of 1 GB', ours: '`slipway serve`', own: ours, peer: 'nginx, with sendfile', other: theirs, runs: ROUNDS },
      { atMost: 1 / 0.9 },
    );
    const share = theirs.median / ours.median;
    return [{ ...figure, value: `${share.toFixed(2)} of its throughput`, bound: 'at least 0.9', isKept: share >= 0.9 }];
  } finally {
    await gate.stop();
    await nginx.stop();
  }
}

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function gateMemory({ work, env, say }) {
  const { home, link } = await bigLink(work, env, say);
  say(`memory of the gate beside 1 and ${AT_ONCE} downloads, half of them slow, ${MEMORY_ROUNDS} times`);
  /** @type {Record<'one' | 'many', number[]>} */
  const peaks = { one: [], many: [] };
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    peaks.one.push(await peakBeside(home, link, 1, env));
    peaks.many.push(await peakBeside(home, link, AT_ONCE, env));
  }
  const [one, many] = [seriesOf(peaks.one).median, seriesOf(peaks.many).median];
  const mb = (/** @type {number} */ bytes) => `${Math.round(bytes / 1_000_000)} MB`;
  return [
    {
      name: `the memory of the gate beside ${AT_ONCE} downloads of 1 GB`,
      ours: `\`slipway serve\`, peak: ${mb(many)}`,
      peer: `beside one download: ${mb(one)}`,
      value: `${mb(many - one)} more`,
      bound: `at most ${mb(MOST_MORE_BYTES)} more`,
      isKept: many - one <= MOST_MORE_BYTES,
      runs: MEMORY_ROUNDS,
    },
  ];
}

/** @param {string} work @param {NodeJS.ProcessEnv} env @param {(line: string) => void} say */
async function bigLink(work, env, say) {
  const [home, source] = [path.join(work, 'gate-big'), path.join(work, 'big.bin')];
  if (!existsSync(source)) {
    say('a file of 1 GB');
    const sink = createWriteStream(source);
    for (let left = FILE_BYTES; left > 0; left -= 8_000_000) {
      if (!sink.write(randomBytes(Math.min(left, 8_000_000)))) await once(sink, 'drain');
    }
    sink.end();
    await once(sink, 'close');
  }
  const { path: link, distId } = await linkTo(source, home, env);
  // nginx gets the very file that the gate hands out: neither has it in memory and the other not.
  return { home, link, file: path.join(home, 'store/distributions', distId, 'big.bin') };
}

/** @param {string} url @param {NodeJS.ProcessEnv} env @returns {Promise<number>} milliseconds, as curl counts them */
async function timeOf(url, env) {
  const args = ['-sS', '--fail', '--noproxy', '*', '-o', '/dev/null', '-w', '%{time_total} %{size_download}', url];
  const { exitCode, stdout, stderr } = await run(['curl', ...args], { env });
  const [seconds, size] = stdout.split(' ').map(Number);
  if (exitCode !== 0 || size !== FILE_BYTES) throw new StepError(`curl ended with ${exitCode}: ${stderr || stdout}`);
  return (seconds ?? NaN) * 1_000;
}

/** Debian keeps it where only the administrator's PATH looks. */
function findNginx() {
  const found = ['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx'].find((command) => spawnSync(command, ['-v']).status === 0);
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && spawnSync('apt-get', ['install', '-y', 'nginx-light'], { stdio: 'ignore' }).status === 0) return 'nginx';
  throw new StepError('there is no nginx to compare with: install it (Debian: apt-get install nginx-light), or leave out gate-throughput');
}

/** Its defaults of Debian: a process per core, sendfile and tcp_nopush. @param {string} work @param {string} file */
async function startNginx(work, file) {
  const command = findNginx();
  const folder = path.join(work, 'nginx');
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  const config = `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes auto; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 768; }
http { sendfile on; tcp_nopush on; access_log off; default_type application/octet-stream; ${temporary}
  server { listen 127.0.0.1:${port}; location = /big.bin { alias ${file}; } } }
`;
  writeFileSync(path.join(folder, 'nginx.conf'), config);
  const child = start([command, '-c', path.join(folder, 'nginx.conf')]);
  const url = `http://127.0.0.1:${port}/big.bin`;
  for (let tries = 0; tries < 50; tries++) {
    if (await fetch(url, { method: 'HEAD' }).then(({ ok }) => ok, () => false)) return { url, stop: () => stop(child) }; // prettier-ignore
    await wait(100);
  }
  await stop(child);
  throw new StepError(`nginx does not answer at ${url}`);
}

/** @returns {Promise<number>} */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
  probe.close();
  await once(probe, 'close');
  return port;
}

/**
 * The most that a fresh gate holds in memory while so many download.
 * @param {string} home @param {string} link @param {number} count @param {NodeJS.ProcessEnv} env @returns {Promise<number>} bytes
 */
async function peakBeside(home, link, count, env) {
  const gate = await startGate(home, env);
  const readers = start([process.execPath, path.join(ROOT, 'bench/gate-readers.mjs'), `${gate.url}${link}`, String(count)], { env });
  try {
    await new Promise((resolve, reject) => {
      readers.stdout?.once('data', resolve);
      readers.once('close', () => reject(new StepError('the readers ended before they read')));
    });
    let peak = 0;
    for (let sample = 0; sample < SAMPLES; sample++) {
      await wait(SAMPLE_MS);
      peak = Math.max(peak, await residentBytes(gate.pid));
    }
    return peak;
  } finally {
    await stop(readers);
    await gate.stop();
  }
}

/** @param {number} pid */
async function residentBytes(pid) {
  const { exitCode, stdout } = await run(['ps', '-o', 'rss=', '-p', String(pid)]);
  if (exitCode !== 0) throw new StepError(`the gate is gone: ${stdout}`);
  return Number(stdout) * 1_024;
}

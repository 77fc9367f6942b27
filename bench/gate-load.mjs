/**
 * Asks a gate for its links as fast as it answers, in a process of its own: `gate-load BASE-URL METHOD CONNECTIONS SECONDS`, the paths
 * on standard input, a line each. Prints how many answers came, how many of them were no success, and how long they took in milliseconds.
 */
import { Buffer } from 'node:buffer';
import http from 'node:http';
import { performance } from 'node:perf_hooks';

const [base = '', method = 'GET', connections = '', seconds = ''] = process.argv.slice(2);
const { hostname, port } = new URL(base);

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const paths = Buffer.concat(chunks).toString().trim().split('\n');

/** @type {number[]} */
const tookMs = [];
let failed = 0;
let next = 0;
const until = performance.now() + Number(seconds) * 1_000;

/** @param {http.Agent} agent @returns {Promise<void>} */
function ask(agent) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    // A stride that meets every path in an order of no use to a cache.
    next = (next + 7_919) % paths.length;
    const request = http.request({ agent, hostname, port, method, path: paths[next] }, (response) => {
      response.resume();
      response.once('end', () => {
        tookMs.push(performance.now() - startedAt);
        if ((response.statusCode ?? 500) >= 300) failed += 1;
        resolve();
      });
    });
    request.once('error', reject);
    request.end();
  });
}

await Promise.all(
  Array.from({ length: Number(connections) }, async (_, at) => {
    // Callers of addresses of their own: what the gate notes of one does not stand in for another.
    const agent = new http.Agent({
      keepAlive: true,
      maxSockets: 1,
      ...(process.platform === 'linux' ? { localAddress: `127.0.1.${at + 1}` } : {}),
    });
    while (performance.now() < until) await ask(agent);
    agent.destroy();
  }),
);

tookMs.sort((a, b) => a - b);
const at = (/** @type {number} */ share) => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))] ?? NaN;
process.stdout.write(JSON.stringify({ count: tookMs.length, failed, medianMs: at(0.5), p99Ms: at(0.99) }));

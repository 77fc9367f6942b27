/**
 * How fast the local gate decides, and whether that depends on how many links are live: `slipway serve` over HTTP on loopback with
 * ten links and with ten thousand, beside a server that looks nothing up and answers the same.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import { start, StepError } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { bundleLinkMaker, makeLinks, startGate } from './gate-process.mjs';
import { compare, seriesOf } from './measure.mjs';

const [FEW, MANY] = [10, 10_000];
const ROUNDS = 7;
const SECONDS = 3;
const CONNECTIONS = 16;

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function gateDecisions({ work, env, say }) {
  say(`${MANY.toLocaleString('en')} live links, and ${FEW}`);
  const maker = await bundleLinkMaker(work);
  const gates = [];
  try {
    for (const count of [FEW, MANY]) {
      const home = path.join(work, `gate-${count}`);
      const paths = await makeLinks(maker, home, count, env);
      gates.push({ ...(await startGate(home, env)), paths });
    }
    const [few, many] = gates;
    if (few === undefined || many === undefined) throw new StepError('the gates are missing');
    const bare = await startBare(few.url, few.paths[0] ?? '');
    try {
      // Once without a clock: programs warm up, and so does what the system keeps of the files.
      for (const gate of [few, many, many, bare]) await load(gate, 'HEAD', env);
      say(`${ROUNDS} rounds of ${SECONDS} s each, ${CONNECTIONS} callers at once`);
      /** @type {Record<'few' | 'many' | 'bare' | 'fewWhole' | 'manyWhole', Load[]>} */
      const taken = { few: [], many: [], bare: [], fewWhole: [], manyWhole: [] };
      const turns = /** @type {const} */ ([
        ['few', few, 'HEAD'],
        ['many', many, 'HEAD'],
        ['bare', bare, 'HEAD'],
        ['fewWhole', few, 'GET'],
        ['manyWhole', many, 'GET'],
      ]);
      for (let round = 0; round < ROUNDS; round++) {
        for (const [name, gate, method] of round % 2 === 0 ? turns : [...turns].reverse()) taken[name].push(await load(gate, method, env));
      }
      return figuresOf(taken);
    } finally {
      bare.close();
    }
  } finally {
    for (const gate of gates) await gate.stop();
  }
}

/** @typedef {{ count: number, failed: number, medianMs: number, p99Ms: number }} Load */

/** @param {{ url: string, paths: readonly string[] }} gate @param {string} method @param {NodeJS.ProcessEnv} env @returns {Promise<Load>} */
async function load({ url, paths }, method, env) {
  const program = path.join(ROOT, 'bench/gate-load.mjs');
  const child = start([process.execPath, program, url, method, String(CONNECTIONS), String(SECONDS)], { env, stdin: 'pipe' });
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin?.end(paths.join('\n'));
  const [code] = await once(child, 'close');
  const taken = code === 0 ? JSON.parse(stdout) : undefined;
  if (taken === undefined || taken.failed > 0) throw new StepError(`the load could not be measured: ${stderr || stdout}`);
  return taken;
}

/** A server that answers as the gate does, and decides nothing. @param {string} url @param {string} asked */
async function startBare(url, asked) {
  const { headers } = await fetch(`${url}${asked}`, { method: 'HEAD' });
  const same = Object.fromEntries([...headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name)));
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, same);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}`, paths: [asked], close: () => (server.close(), server.closeAllConnections()) };
}

/** @param {Record<'few' | 'many' | 'bare' | 'fewWhole' | 'manyWhole', Load[]>} taken @returns {import('./measure.mjs').Figure[]} */
function figuresOf(taken) {
  const p99 = (/** @type {Load[]} */ loads) => seriesOf(loads.map(({ p99Ms }) => p99Ms));
  const each = (/** @type {Load[]} */ loads) => seriesOf(loads.map(({ count }) => (SECONDS * 1_000) / count));
  const rate = (/** @type {Load[]} */ loads) => Math.round(1_000 / each(loads).median).toLocaleString('en');
  const links = `with ${MANY.toLocaleString('en')} live links`;
  const cost = compare(
    {
      name: 'decisions of the gate, the time for one',
      ours: `\`HEAD\` of a link ${links}`,
      own: each(taken.many),
      peer: 'a bare node:http server that answers the same',
      other: each(taken.bare),
      runs: ROUNDS,
    },
    { atMost: 8 },
  );
  return [
    withRate(cost, rate(taken.many)),
    compare(
      {
        name: 'decisions of the gate, p99',
        ours: `\`HEAD\` of a link ${links}`,
        own: p99(taken.many),
        peer: `the same with ${FEW}`,
        other: p99(taken.few),
        runs: ROUNDS,
      },
      { atMost: 1.5 },
    ),
    withRate(
      compare(
        {
          name: 'small downloads, each with its grant, p99',
          ours: `\`GET\` of 1 KB ${links}`,
          own: p99(taken.manyWhole),
          peer: `the same with ${FEW}`,
          other: p99(taken.fewWhole),
          runs: ROUNDS,
        },
        { atMost: 1.5 },
      ),
      rate(taken.manyWhole),
    ),
  ];
}

/** @param {import('./measure.mjs').Figure} figure @param {string} rate @returns {import('./measure.mjs').Figure} */
function withRate(figure, rate) {
  return { ...figure, value: `${figure.value}; ${rate} a second` };
}

/**
 * What the program is for, tried on the built one: data goes in by the PostgreSQL client that a host would use, the nearest
 * neighbours come out, and they do so again after a restart and after a kill.
 * Slipway runs it: SLIPWAY_PROGRAM is the built program, SLIPWAY_TMP an empty folder. Exit code 0 is a pass, else standard error says why.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { connect, launch } from './launched-server.mjs';

const { SLIPWAY_PROGRAM: program = '', SLIPWAY_TMP: tmp = '' } = process.env;
const isWindows = process.platform === 'win32';
const DATABASE = 'notes';
const ARGS = ['--db', path.join(tmp, 'db'), '--database', DATABASE];
const PLACES = /** @type {const} */ ([
  ['harbour', '[1, 0, 0]'],
  ['slipway', '[0.9, 0.1, 0]'],
  ['mountain', '[0, 0, 1]'],
]);

/** Launches the program, lets `use` at its data, and ends it. @param {NodeJS.Signals} signal @param {(client: import('pg').Client) => Promise<void>} use */
async function withServer(signal, use) {
  const server = launch([program], ARGS);
  const client = await connect(await server.port(), DATABASE);
  await use(client);
  const { code, said } = await server.end(signal);
  if (signal === 'SIGTERM' && !isWindows) assert.equal(code, 0, `asked to stop, it ended with ${code}: ${said}`);
}

/** @param {import('pg').Client} client @param {readonly string[]} expected */
async function expectNearest(client, expected) {
  const { rows } = await client.query('SELECT name FROM place ORDER BY at <-> $1 LIMIT 2', ['[1, 0, 0]']);
  assert.deepEqual(
    rows.map(({ name }) => name),
    expected,
  );
}

await withServer('SIGTERM', async (client) => {
  await client.query('CREATE EXTENSION vector');
  await client.query('CREATE TABLE place (name text PRIMARY KEY, at vector(3))');
  for (const place of PLACES) await client.query('INSERT INTO place VALUES ($1, $2)', [...place]);
  await client.query('CREATE INDEX ON place USING hnsw (at vector_l2_ops)');
  await expectNearest(client, ['harbour', 'slipway']);
});
await withServer('SIGKILL', async (client) => {
  await expectNearest(client, ['harbour', 'slipway']);
  await client.query('INSERT INTO place VALUES ($1, $2)', ['quay', '[1, 0.01, 0]']);
});
await withServer('SIGTERM', (client) => expectNearest(client, ['harbour', 'quay']));

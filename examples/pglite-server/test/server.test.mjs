/** The server as a process: what it says, whom it refuses, how it ends, and that the data is there afterwards. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, launch } from '../checks/launched-server.mjs';
import manifest from '../package.json' with { type: 'json' };

const MAIN = path.join(import.meta.dirname, '../src/main.mjs');
const COMMAND = [process.execPath, MAIN];
const isWindows = process.platform === 'win32';
const root = mkdtempSync(path.join(tmpdir(), 'pglite-server-'));
const folder = (/** @type {string} */ name) => path.join(root, name);
const started = /** @type {Set<ReturnType<typeof launch>>} */ (new Set());

/** @param {readonly string[]} args */
function server(...args) {
  const launched = launch(COMMAND, args);
  started.add(launched);
  void launched.ended.then(() => started.delete(launched));
  return launched;
}

/** @param {readonly string[]} args */
async function answer(...args) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([child.stdout.setEncoding('utf8').toArray(), child.stderr.setEncoding('utf8').toArray()]);
  const code = child.exitCode ?? (await once(child, 'exit'))[0];
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

after(async () => {
  await Promise.all([...started].map((each) => each.end('SIGKILL')));
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

describe('what needs no data', () => {
  it('says its version and its help on standard output', async () => {
    assert.deepEqual(await answer('--version'), { code: 0, stdout: `pglite-server ${manifest.version}\n`, stderr: '' });
    assert.match((await answer('--help')).stdout, /^Usage: pglite-server --db DIR/);
  });

  for (const [args, said] of /** @type {const} */ ([
    [[], /--db is missing/],
    [['--db', ''], /--db '' names no folder/],
    [['--db', 'x', '--port', '70000'], /--port '70000' is no port/],
    [['--db', 'x', '--port', 'any'], /--port 'any' is no port/],
    [['--db', 'x', '--database', 'n'.repeat(64)], /is no name of a database/],
    [['--db', 'x', '--databse', 'n'], /--databse/],
  ])) {
    it(`refuses ${JSON.stringify(args)}`, async () => {
      const { code, stdout, stderr } = await answer(...args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, said);
    });
  }
});

describe('one server', () => {
  const db = folder('one server, with spaces');
  /** @type {ReturnType<typeof launch>} */
  let running;
  /** @type {number} */
  let port;
  before(async () => {
    running = server('--db', db, '--database', 'My "App"');
    port = await running.port();
  });

  it('answers under the name that it was given, and under no other', async () => {
    const client = await connect(port, 'My "App"');
    assert.deepEqual((await client.query('SELECT current_database() AS name')).rows, [{ name: 'My "App"' }]);
    await client.end();
    await assert.rejects(connect(port, 'another'), { code: '3D000', message: /"another" is not served here/ });
  });

  it('gives each of several clients its own answers', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect(port, 'My "App"')));
    const asked = clients.map(async (client, own) => {
      for (let round = 0; round < 25; round++) {
        const plain = await client.query('SELECT $1::int AS own', [own * 100 + round]);
        assert.deepEqual(plain.rows, [{ own: own * 100 + round }]);
        // The same name for other statements: as connection pools have it.
        const named = await client.query({ name: 'statement', text: `SELECT 'of ${own}' AS own` });
        assert.deepEqual(named.rows, [{ own: `of ${own}` }]);
      }
    });
    await Promise.all(asked);
    await Promise.all(clients.map((client) => client.end()));
  });

  it('keeps a transaction to itself, also against one that comes meanwhile', async () => {
    const [first, second] = [await connect(port, 'My "App"'), await connect(port, 'My "App"')];
    await first.query('CREATE TABLE entry (id int)');
    await first.query('BEGIN');
    await first.query('INSERT INTO entry VALUES (1)');
    const order = /** @type {string[]} */ ([]);
    const counted = second.query('SELECT count(*)::int AS count FROM entry').then(({ rows }) => {
      order.push('second');
      return rows;
    });
    await first.query('INSERT INTO entry VALUES (2)');
    order.push('first');
    await first.query('ROLLBACK');
    assert.deepEqual(await counted, [{ count: 0 }]);
    assert.deepEqual(order, ['first', 'second']);
    await Promise.all([first.end(), second.end()]);
  });

  it('rolls back what a client leaves open, also after an error, and the others go on', async () => {
    const [first, second] = [await connect(port, 'My "App"'), await connect(port, 'My "App"')];
    await first.query('CREATE TABLE kept (id int)');
    await first.query('BEGIN');
    await first.query('INSERT INTO kept VALUES ($1)', [1]);
    await assert.rejects(first.query('SELECT $1 FROM nowhere', [1]), { code: '42P01' });
    const counted = second.query('SELECT count(*)::int AS count FROM kept');
    // @ts-expect-error the types of pg leave out the socket
    first.connection.stream.destroy();
    assert.deepEqual((await counted).rows, [{ count: 0 }]);
    await second.end();
  });

  it('leaves no settings to who comes after the last one has left', async () => {
    const first = await connect(port, 'My "App"');
    await first.query("SET application_name = 'first'");
    await first.query('CREATE TEMPORARY TABLE mine (id int)');
    await first.end();
    const second = await connect(port, 'My "App"');
    await assert.rejects(second.query('SELECT FROM mine'), { code: '42P01' });
    await second.end();
  });

  it('survives a client that talks nonsense', async () => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.end('GET / HTTP/1.1\r\n\r\n');
    const client = await connect(port, 'My "App"');
    assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
    await client.end();
    socket.destroy();
  });

  it('refuses its folder to a second server, and serves on', async () => {
    const { code, stdout, stderr } = await answer('--db', db);
    assert.equal(code, 3);
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`in use by process ${running.child.pid}: stop it, or name another folder with --db`));
    await (await connect(port, 'My "App"')).end();
  });

  it('refuses a port that is taken', async () => {
    const { code, stderr } = await answer('--db', folder('taken'), '--port', String(port));
    assert.equal(code, 4);
    assert.match(stderr, new RegExp(`port ${port} of 127.0.0.1 cannot be had`));
  });

  it('stops when it is asked to, with clients connected', { skip: isWindows && 'Windows has no SIGTERM' }, async () => {
    const client = await connect(port, 'My "App"');
    const { code, said } = await running.end('SIGTERM');
    assert.equal(code, 0);
    assert.match(said, /stopping: SIGTERM\n.*stopped\n$/s);
    await assert.rejects(client.query('SELECT 1'));
  });
});

describe('the data', () => {
  it('is there again after a kill in the middle of writing, whatever was acknowledged', async () => {
    const db = folder('killed');
    const first = server('--db', db);
    const client = await connect(await first.port(), 'postgres');
    await client.query('CREATE TABLE entry (id int PRIMARY KEY, text text)');
    let acknowledged = 0;
    const writing = (async () => {
      for (;;) {
        await client.query('INSERT INTO entry VALUES ($1, $2)', [acknowledged + 1, 'x'.repeat(2_000)]);
        acknowledged += 1;
        if (acknowledged === 200) first.child.kill('SIGKILL');
      }
    })();
    await assert.rejects(writing);
    await first.ended;
    const second = server('--db', db);
    const again = await connect(await second.port(), 'postgres');
    const { rows } = await again.query('SELECT count(*)::int AS count, max(id) AS last FROM entry');
    assert.ok(rows[0].count >= acknowledged && rows[0].count === rows[0].last, JSON.stringify({ rows, acknowledged }));
    await again.end();
    await second.end('SIGKILL');
  });

  it('is made anew where a server was killed while it made it', async () => {
    const db = folder('half-made');
    mkdirSync(path.join(db, 'data.new/base'), { recursive: true });
    writeFileSync(path.join(db, 'data.new/PG_VERSION'), '18\n');
    const running = server('--db', db);
    const client = await connect(await running.port(), 'postgres');
    assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
    await client.end();
    assert.deepEqual(readdirSync(db).sort(), ['data', 'lock', 'owner.json']);
    await running.end('SIGKILL');
  });
});

describe('who starts it', () => {
  it('gets one of two that start at once', async () => {
    const db = folder('raced');
    const racers = [server('--db', db), server('--db', db)];
    const ports = await Promise.allSettled(racers.map((racer) => racer.port()));
    assert.deepEqual(ports.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const loser = racers[ports.findIndex(({ status }) => status === 'rejected')];
    assert.equal((await loser?.ended)?.code, 3);
  });

  it('ends it by ending standard input, if it asked for that', async () => {
    const running = server('--db', folder('stdin'), '--stop-with-stdin');
    await running.port();
    running.child.stdin?.end();
    const { code, said } = await running.ended;
    assert.equal(code, 0);
    assert.match(said, /stopping: standard input has ended/);
  });

  it('takes it along when it is killed', { skip: isWindows && 'hosts on Windows use --stop-with-stdin' }, async () => {
    const db = folder('orphaned');
    const program = `
      const child = require('node:child_process').spawn(process.execPath, ${JSON.stringify([MAIN, '--db', db])}, { stdio: ['ignore', 'pipe', 'inherit'] });
      child.stdout.pipe(process.stdout);`;
    const host = launch([process.execPath, '-e', program], []);
    await host.port();
    // Standard error is the server's as well: it is closed when both have ended.
    const { said } = await host.end('SIGKILL');
    assert.match(said, /stopping: the parent process \d+ has ended\n.*stopped\n$/s);
    const next = server('--db', db);
    await next.port();
    await next.end('SIGKILL');
  });
});

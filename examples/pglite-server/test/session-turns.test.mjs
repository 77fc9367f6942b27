/** Turns without a database: who speaks when is told by what arrives, and each answer is given by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SessionTurns } from '../src/session-turns.mjs';

const READY = Buffer.from('Z\0\0\0\x05I', 'latin1');
const IN_TRANSACTION = Buffer.from('Z\0\0\0\x05T', 'latin1');

/** A database that writes down what it hears, and answers a query as its text says. */
function listener() {
  const heard = /** @type {string[]} */ ([]);
  let isInTransaction = false;
  const database = {
    runExclusive: (/** @type {() => Promise<void>} */ action) => action(),
    execProtocolRawStream: async (
      /** @type {Uint8Array} */ bytes,
      /** @type {{ onRawData: (data: Uint8Array) => void }} */ { onRawData },
    ) => {
      const text = Buffer.from(bytes.subarray(5)).toString('latin1').replace(/\0.*$/s, '');
      heard.push(text === '' ? String.fromCharCode(bytes[0] ?? 0) : text);
      await new Promise((resolve) => setImmediate(resolve));
      if (text === 'begin') isInTransaction = true;
      if (text === 'commit') isInTransaction = false;
      if (text === 'fail') throw new Error('it failed');
      if (text !== 'part') onRawData(isInTransaction ? IN_TRANSACTION : READY);
    },
    isInTransaction: () => isInTransaction,
    exec: async (/** @type {string} */ sql) => {
      heard.push(sql);
      isInTransaction = false;
    },
  };
  // @ts-expect-error what is asked of PGlite here, and no more
  return { heard, turns: new SessionTurns(database, 'notes') };
}

/** @param {string} text */
function query(text) {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.from([0x51, 0, 0, 0, body.length + 4]);
  return Buffer.concat([head, body]);
}

const ignore = () => undefined;

describe('turns', () => {
  it('go to whoever came first', async () => {
    const { heard, turns } = listener();
    await Promise.all([1, 2, 3].map((client) => turns.enqueue(client, query(`of ${client}`), ignore)));
    assert.deepEqual(heard, ['of 1', 'of 2', 'of 3']);
  });

  it('last until the answer is whole, and as long as a transaction', async () => {
    const { heard, turns } = listener();
    const others = /** @type {Promise<number>[]} */ ([]);
    await turns.enqueue(1, query('part'), ignore);
    others.push(turns.enqueue(2, query('of 2'), ignore));
    await turns.enqueue(1, query('begin'), ignore);
    await turns.enqueue(1, query('insert'), ignore);
    assert.equal(turns.getQueueLength(), 1);
    await turns.enqueue(1, query('commit'), ignore);
    await Promise.all(others);
    assert.deepEqual(heard, ['part', 'begin', 'insert', 'commit', 'of 2']);
  });

  it('end with the client, however often it is told to have gone', async () => {
    const { heard, turns } = listener();
    await turns.enqueue(1, query('begin'), ignore);
    const other = turns.enqueue(2, query('of 2'), ignore);
    const wanted = turns.enqueue(1, query('never'), ignore);
    const refused = assert.rejects(wanted, /the client has gone/);
    const leaves = [];
    for (let told = 0; told < 2; told++) {
      turns.clearQueueForHandler(1);
      leaves.push(turns.clearTransactionIfNeeded(1));
    }
    await Promise.all([...leaves, other, refused]);
    assert.deepEqual(heard, ['begin', 'S', 'ROLLBACK', 'of 2']);
  });

  it('leave nothing behind after the last client', async () => {
    const { heard, turns } = listener();
    await turns.enqueue(1, query('of 1'), ignore);
    await turns.enqueue(2, query('of 2'), ignore);
    await turns.clearTransactionIfNeeded(1);
    assert.deepEqual(heard, ['of 1', 'of 2']);
    await turns.clearTransactionIfNeeded(2);
    assert.deepEqual(heard, ['of 1', 'of 2', 'DISCARD ALL']);
  });

  it('go on after one that the database could not take', async () => {
    const { heard, turns } = listener();
    await assert.rejects(turns.enqueue(1, query('fail'), ignore), /it failed/);
    const other = turns.enqueue(2, query('of 2'), ignore);
    await turns.clearTransactionIfNeeded(1);
    await other;
    assert.deepEqual(heard, ['fail', 'S', 'of 2']);
  });

  it('are not for a client of another database, which hears why', async () => {
    const { heard, turns } = listener();
    const startup = Buffer.from('\0\0\0\x1c\0\x03\0\0user\0ada\0database\0other\0\0', 'latin1');
    let said = '';
    await assert.rejects(turns.enqueue(1, startup, (data) => (said += Buffer.from(data).toString('latin1'))));
    assert.match(said, /C3D000\0Mdatabase "other" is not served here: this is "notes"/);
    assert.deepEqual(heard, []);
  });
});

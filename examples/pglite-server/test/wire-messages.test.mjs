/** Messages as bytes: names of statements, the end of an answer in pieces, the database that is asked for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnswerEnd, databaseAsked, fatalError, withOwnNames } from '../src/wire-messages.mjs';

/** @param {string} letter @param {string} body */
const framed = (letter, body) => Buffer.concat([Buffer.from(letter), sized(body)]);
/** @param {string} body */
const sized = (body) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([length, Buffer.from(body)]);
};
/** @param {Buffer} sent */
const own = (sent) =>
  withOwnNames(sent, 7).map(
    ({ bytes, isAnswerWanted }) => `${isAnswerWanted ? '' : 'unheard '}${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`,
  );
/** @param {Buffer} bytes */
const shown = (bytes) => JSON.stringify(bytes.toString('latin1'));

describe('the names of prepared statements', () => {
  for (const [letter, sent, renamed] of /** @type {const} */ ([
    ['P', 'name\0SELECT 1\0\0\0', '7.name\0SELECT 1\0\0\0'],
    ['B', 'portal\0name\0\0\0\0\0\0\0', 'portal\x007.name\0\0\0\0\0\0\0'],
    ['B', '\0\0\0\0\0\0\0\0', '\x007.\0\0\0\0\0\0\0'],
    ['D', 'Sname\0', 'S7.name\0'],
    ['C', 'Sname\0', 'S7.name\0'],
  ])) {
    it(`${letter} ${JSON.stringify(sent)}`, () => assert.deepEqual(own(framed(letter, sent)), [shown(framed(letter, renamed))]));
  }

  it('closes what had the unnamed one before', () => {
    const [close, parse] = [framed('C', 'S7.\0'), framed('P', '7.\0SELECT 1\0\0\0')];
    assert.deepEqual(own(framed('P', '\0SELECT 1\0\0\0')), [`unheard ${shown(close)}`, shown(parse)]);
  });

  for (const [letter, body] of /** @type {const} */ ([
    ['Q', "SELECT 'P'\0"],
    ['E', '\0\0\0\0\0'],
    ['D', 'Pportal\0'],
    ['C', 'P\0'],
    ['S', ''],
  ])) {
    it(`leaves ${letter} ${JSON.stringify(body)} alone`, () => assert.deepEqual(own(framed(letter, body)), [shown(framed(letter, body))]));
  }
});

describe('the end of an answer', () => {
  const ready = (/** @type {string} */ status) => framed('Z', status);

  for (const pieces of [[1, 1, 1, 1, 1, 1], [3, 3], [5, 1], [6]]) {
    it(`is seen in pieces of ${pieces.join(', ')} bytes`, () => {
      const end = new AnswerEnd();
      end.push(framed('C', 'SELECT 1\0'));
      let at = 0;
      for (const size of pieces) end.push(ready('I').subarray(at, (at += size)));
      assert.equal(end.isReady, true);
    });
  }

  for (const [name, bytes] of /** @type {const} */ ([
    ['nothing', Buffer.alloc(0)],
    ['a transaction', ready('T')],
    ['a failed transaction', ready('E')],
    ['more to come', Buffer.concat([ready('I'), framed('C', 'SELECT 1\0')])],
  ])) {
    it(`is not ${name}`, () => {
      const end = new AnswerEnd();
      end.push(bytes);
      assert.equal(end.isReady, false);
    });
  }
});

describe('the start of a connection', () => {
  const startup = (/** @type {string} */ words) => sized(`\0\x03\0\0${words}\0`);

  it('names a database, or means that of the user', () => {
    assert.equal(databaseAsked(startup('user\0ada\0database\0notes\0application_name\0database\0')), 'notes');
    assert.equal(databaseAsked(startup('user\0ada\0')), 'ada');
    assert.equal(databaseAsked(startup('user\0database\0')), 'database');
  });

  it('is refused with an error that PostgreSQL clients read', () => {
    assert.equal(fatalError('3D000', 'no').toString('latin1'), framed('E', 'SFATAL\0VFATAL\0C3D000\0Mno\0\0').toString('latin1'));
  });
});

/**
 * Owns what this server reads and writes of PostgreSQL's messages, protocol 3.0; the rest passes through untouched.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */

const code = (/** @type {string} */ letter) => letter.charCodeAt(0);
const [PARSE, BIND, DESCRIBE, CLOSE, STATEMENT] = ['P', 'B', 'D', 'C', 'S'].map(code);

export const TERMINATE = code('X');
/** The first message of a connection has no letter: its length comes first. */
export const STARTUP = 0;
/** Ends a turn of the extended protocol; after an error nothing else is listened to. */
export const SYNC = Uint8Array.of(code('S'), 0, 0, 0, 4);

const READY_BYTES = 6;
/** ReadyForQuery outside a transaction. */
const READY = Buffer.from([code('Z'), 0, 0, 0, 5, code('I')]);

/** Keeps the end of an answer that comes in pieces, to know whether the session is free after it. */
export class AnswerEnd {
  #end = Buffer.alloc(0);

  /** @param {Uint8Array} data */
  push(data) {
    this.#end = Buffer.concat([this.#end, data.subarray(-READY_BYTES)]).subarray(-READY_BYTES);
  }

  /** It ended with a ReadyForQuery that leaves no transaction open. */
  get isReady() {
    return this.#end.equals(READY);
  }
}

/**
 * A message with the names of prepared statements made the client's own. The unnamed one gets a name too,
 * and what had that name before is closed, as the protocol has it for the unnamed one: its answer is for nobody.
 *
 * @param {Uint8Array} sent
 * @param {number} client
 * @returns {readonly { readonly bytes: Uint8Array, readonly isAnswerWanted: boolean }[]}
 */
export function withOwnNames(sent, client) {
  const at = statementNameOffset(sent);
  if (at === undefined) return [{ bytes: sent, isAnswerWanted: true }];
  const prefix = Buffer.from(`${client}.`);
  const body = Buffer.concat([sent.subarray(5, at), prefix, sent.subarray(at)]);
  const bytes = framed(sent[0] ?? 0, body);
  if (sent[0] !== PARSE || sent[at] !== 0) return [{ bytes, isAnswerWanted: true }];
  const close = framed(CLOSE, Buffer.concat([Buffer.from([STATEMENT]), prefix, Buffer.alloc(1)]));
  return [
    { bytes: close, isAnswerWanted: false },
    { bytes, isAnswerWanted: true },
  ];
}

/** @param {Uint8Array} sent @returns {number | undefined} where the name of a prepared statement begins, if the message has one */
function statementNameOffset(sent) {
  if (sent[0] === PARSE) return 5;
  if (sent[0] === BIND) return sent.indexOf(0, 5) + 1; // behind the portal's
  return (sent[0] === DESCRIBE || sent[0] === CLOSE) && sent[5] === STATEMENT ? 6 : undefined;
}

/** @param {Uint8Array} startup @returns {string} the database that a client asks for: without one, that of its user's name */
export function databaseAsked(startup) {
  const words = Buffer.from(startup.subarray(8)).toString('utf8').split('\0');
  const fields = new Map(words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? '']] : [])));
  return fields.get('database') ?? fields.get('user') ?? '';
}

/** @param {string} sqlState @param {string} text */
export function fatalError(sqlState, text) {
  const fields = [`SFATAL`, 'VFATAL', `C${sqlState}`, `M${text}`, ''].map((field) => `${field}\0`).join('');
  return framed(code('E'), Buffer.from(fields));
}

/** @param {number} letter @param {Uint8Array} body */
function framed(letter, body) {
  const head = Buffer.alloc(5);
  head.writeUInt8(letter, 0);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

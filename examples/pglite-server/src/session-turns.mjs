/**
 * Owns who may speak to the database, and when.
 *
 * PGlite is one session, and its socket server lets the messages of several clients into it as they come: one client's Bind may meet
 * the other's Parse. Here a client has the session for a whole turn, from its first message to the ReadyForQuery outside a
 * transaction that answers it; the others wait in line. Prepared statements are each client's own, and a client that leaves takes
 * its transaction with it. The last one to leave takes the rest: settings, temporary tables, locks.
 */
import { AnswerEnd, databaseAsked, fatalError, STARTUP, SYNC, TERMINATE, withOwnNames } from './wire-messages.mjs';

/**
 * @typedef {object} Task
 * @property {number} client
 * @property {(isItsTurn: boolean) => Promise<boolean>} perform resolves to whether the turn is over
 * @property {() => void} [drop] of what nobody waits for once the client has gone
 */

/** What `PGLiteSocketHandler` of pglite-socket 0.2 asks of its query queue. */
export class SessionTurns {
  #database;
  #databaseName;
  /** In the order in which they came. @type {Task[]} */
  #waiting = [];
  /** Whose turn it is. @type {number | undefined} */
  #holder;
  /** Those who have said something and not left. @type {Set<number>} */
  #clients = new Set();
  #isServing = false;

  /** @param {import('@electric-sql/pglite').PGlite} database @param {string} databaseName */
  constructor(database, databaseName) {
    this.#database = database;
    this.#databaseName = databaseName;
  }

  /**
   * @param {number} client
   * @param {Uint8Array} sent one whole message
   * @param {(data: Uint8Array) => void} onData gets the answer
   * @returns {Promise<number>} its size in bytes; rejects for a client that is to be let go
   */
  enqueue(client, sent, onData) {
    if (sent[0] === TERMINATE) return Promise.resolve(0); // It closes the connection next, and leaves with that.
    if (sent[0] === STARTUP && databaseAsked(sent) !== this.#databaseName) return this.#refuse(databaseAsked(sent), onData);
    this.#clients.add(client);
    return new Promise((resolve, reject) => {
      const perform = async () => {
        const end = new AnswerEnd();
        let sizeBytes = 0;
        const answer = (/** @type {Uint8Array} */ data) => {
          sizeBytes += data.length;
          end.push(data);
          onData(data);
        };
        try {
          for (const { bytes, isAnswerWanted } of withOwnNames(sent, client)) await this.#speak(bytes, isAnswerWanted ? answer : undefined);
          resolve(sizeBytes);
        } catch (thrown) {
          reject(thrown);
        }
        return end.isReady;
      };
      this.#add({ client, perform, drop: () => reject(new Error('the client has gone')) });
    });
  }

  /** What a client that has gone still wanted is not done; its leave is, however often it is told. @param {number} client */
  clearQueueForHandler(client) {
    const isOver = (/** @type {Task} */ task) => task.client === client && task.drop !== undefined;
    const over = this.#waiting.filter(isOver);
    this.#waiting = this.#waiting.filter((task) => !isOver(task));
    for (const { drop } of over) drop?.();
  }

  /** Ends what a client that has gone left open. @param {number} client @returns {Promise<void>} */
  clearTransactionIfNeeded(client) {
    if (!this.#clients.delete(client)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const perform = async (/** @type {boolean} */ isItsTurn) => {
        try {
          if (isItsTurn) await this.#speak(SYNC);
          if (isItsTurn && this.#database.isInTransaction()) await this.#database.exec('ROLLBACK');
          if (this.#clients.size === 0) await this.#database.exec('DISCARD ALL');
          resolve();
        } catch (thrown) {
          reject(thrown);
        }
        return true;
      };
      this.#add({ client, perform });
    });
  }

  getQueueLength() {
    return this.#waiting.length;
  }

  /** PGlite would serve its one database under any name. @param {string} asked @param {(data: Uint8Array) => void} onData */
  #refuse(asked, onData) {
    onData(fatalError('3D000', `database "${asked}" is not served here: this is "${this.#databaseName}"`));
    return Promise.reject(new Error(`a client asked for the database '${asked}'`));
  }

  /** @param {Uint8Array} bytes @param {(data: Uint8Array) => void} [onRawData] */
  async #speak(bytes, onRawData = () => undefined) {
    await this.#database.runExclusive(() => this.#database.execProtocolRawStream(bytes, { onRawData }));
  }

  /** @param {Task} task */
  #add(task) {
    this.#waiting.push(task);
    void this.#serve();
  }

  async #serve() {
    if (this.#isServing) return;
    this.#isServing = true;
    for (let task = this.#next(); task !== undefined; task = this.#next()) {
      const isItsTurn = this.#holder === task.client;
      this.#holder = task.client;
      if (await task.perform(isItsTurn)) this.#holder = undefined;
    }
    this.#isServing = false;
  }

  /** The first in line, or the next message of whoever has the turn. */
  #next() {
    const index = this.#holder === undefined ? 0 : this.#waiting.findIndex(({ client }) => client === this.#holder);
    return index === -1 ? undefined : this.#waiting.splice(index, 1)[0];
  }
}

/** Owns the port: who is let in, and the end of all connections. */
import { createServer } from 'node:net';
import { PGLiteSocketHandler } from '@electric-sql/pglite-socket';
import { Failure } from './failure.mjs';
import { SessionTurns } from './session-turns.mjs';
import { fatalError } from './wire-messages.mjs';

const HOST = '127.0.0.1';
/** As many as PostgreSQL lets in by default. */
const MOST_CLIENTS = 100;

/**
 * @param {import('@electric-sql/pglite').PGlite} database
 * @param {{ port: number, databaseName: string }} options
 * @returns {Promise<{ port: number, close: () => Promise<void> }>} takes connections
 * @throws {Failure} where the port cannot be had
 */
export async function listen(database, { port, databaseName }) {
  const queryQueue = new SessionTurns(database, databaseName);
  /** @type {Set<PGLiteSocketHandler>} */
  const clients = new Set();
  const server = createServer((socket) => {
    if (clients.size >= MOST_CLIENTS) return void socket.end(fatalError('53300', 'sorry, too many clients already'));
    // @ts-expect-error the class of its own queue, which this replaces, has private fields
    const client = new PGLiteSocketHandler({ queryQueue, closeOnDetach: true });
    clients.add(client);
    for (const end of ['close', 'error']) client.addEventListener(end, () => clients.delete(client));
    void client.attach(socket);
  });
  return {
    port: await startListening(server, port),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all([...clients].map((client) => client.detach(true)));
      await closed;
    },
  };
}

/** @param {import('node:net').Server} server @param {number} port @returns {Promise<number>} */
function startListening(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Failure('port', `port ${port} of ${HOST} cannot be had: ${error.message}`)));
    server.listen(port, HOST, () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}

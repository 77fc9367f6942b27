#!/usr/bin/env node
/** Owns the life of the server: its start, what it says to its host, and its end with an exit code. */
import manifest from '../package.json' with { type: 'json' };
import { holdDataDirectory } from './data-directory.mjs';
import { openDatabase } from './database.mjs';
import { failureOf } from './failure.mjs';
import { HELP, readOptions } from './options.mjs';
import { stopRequested } from './stop-request.mjs';
import { listen } from './wire-server.mjs';

/** Standard output belongs to the host: everything else goes to standard error. @param {string} line */
const log = (line) => void process.stderr.write(`pglite-server: ${line}\n`);

/** @param {readonly string[]} args */
async function main(args) {
  const options = readOptions(args);
  if (options.isHelp) return say(HELP);
  if (options.isVersion) return say(`pglite-server ${manifest.version}\n`);

  // From here on a signal ends in a clean stop, also while the database is still being made.
  const stopping = stopRequested({ withStdin: options.stopWithStdin });
  const directory = holdDataDirectory(options.db);
  try {
    const database = await openDatabase(directory, options.database, log);
    try {
      const server = await listen(database, { port: options.port, databaseName: options.database });
      log(`'${options.database}' of '${directory.path}' is served at 127.0.0.1:${server.port}`);
      await say(`${JSON.stringify({ port: server.port })}\n`);
      log(`stopping: ${await stopping}`);
      await server.close();
    } finally {
      await database.close();
    }
  } finally {
    directory.release();
  }
  log('stopped');
}

/** A host that has gone away reads no more: that is no reason to fall. @param {string} text */
function say(text) {
  return /** @type {Promise<void>} */ (new Promise((resolve) => process.stdout.write(text, () => resolve())));
}

process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
main(process.argv.slice(2)).then(
  () => process.exit(0),
  (thrown) => {
    const { message, exitCode } = failureOf(thrown);
    log(message);
    process.exit(exitCode);
  },
);

/** Owns the command line: its options, their defaults, and what is refused. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Failure } from './failure.mjs';

export const HELP = `Usage: pglite-server --db DIR [--port N] [--database NAME]

PostgreSQL with pgvector on the loopback of this machine, for the program that starts it.
Prints {"port": N} on standard output once it takes connections; says everything else on standard error.

  --db DIR            the folder that holds the data; made if absent, served by one process at a time
  --port N            the port of 127.0.0.1; 0, the default, takes a free one
  --database NAME     the database; made if absent. Default: postgres
  --stop-with-stdin   also stops when standard input ends: for a host that keeps a pipe open, above all on Windows
  --help, --version

Stops with its data written on SIGTERM, SIGINT, SIGHUP and Ctrl+Break, and when the process that started it ends.
Exit codes: 0 stopped, 1 unexpected, 2 wrong arguments, 3 the folder is in use, 4 the port cannot be had.
`;

const DEFINITIONS = /** @type {const} */ ({
  db: { type: 'string' },
  port: { type: 'string', default: '0' },
  database: { type: 'string', default: 'postgres' },
  'stop-with-stdin': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
});

/** PostgreSQL cuts off longer names without a word. */
const LONGEST_NAME_BYTES = 63;

/**
 * @param {readonly string[]} args
 * @throws {Failure} that names the wrong value
 */
export function readOptions(args) {
  const { values } = parse(args);
  const isAnswer = values.help || values.version;
  if (values.db === undefined && !isAnswer) throw refusal('--db is missing: name the folder that holds the data');
  if (values.db === '') throw refusal("--db '' names no folder");
  return {
    db: path.resolve(values.db ?? '.'),
    port: portOf(values.port),
    database: databaseOf(values.database),
    stopWithStdin: values['stop-with-stdin'],
    isHelp: values.help,
    isVersion: values.version,
  };
}

/** @param {readonly string[]} args */
function parse(args) {
  try {
    return parseArgs({ args: [...args], options: DEFINITIONS });
  } catch (thrown) {
    throw refusal(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** @param {string} text */
function portOf(text) {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw refusal(`--port '${text}' is no port: name 0 to 65535`);
}

/** @param {string} name */
function databaseOf(name) {
  if (name !== '' && !name.includes('\0') && Buffer.byteLength(name) <= LONGEST_NAME_BYTES) return name;
  throw refusal(`--database '${name}' is no name of a database: 1 to ${LONGEST_NAME_BYTES} bytes`);
}

/** @param {string} message */
function refusal(message) {
  return new Failure('arguments', `${message} (see pglite-server --help)`);
}

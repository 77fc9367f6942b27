/** Owns opening the database of a data directory; makes what is not there yet. */
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';

/** Every cluster has it, whatever else is in it. */
const FIRST_DATABASE = 'postgres';

/**
 * @param {import('./data-directory.mjs').DataDirectory} directory held by this process
 * @param {string} name
 * @param {(line: string) => void} log
 */
export async function openDatabase(directory, name, log) {
  const { made } = directory;
  if (made === undefined) {
    log(`'${directory.path}' holds no data yet: making it`);
    await createMissing(directory.prepare(), name);
    return open(directory.complete(), name);
  }
  try {
    return await open(made, name);
  } catch (thrown) {
    // It says no more than that it did not start: whether for want of the database, the first one knows.
    if (!(await createMissing(made, name))) throw thrown;
    log(`made the database '${name}'`);
    return open(made, name);
  }
}

/** @param {string} data PGlite makes its files where there are none @param {string} name @returns {Promise<boolean>} whether it was missing */
async function createMissing(data, name) {
  const first = await open(data, FIRST_DATABASE);
  try {
    const { rows } = await first.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rows.length > 0) return false;
    await first.exec(`CREATE DATABASE "${name.replaceAll('"', '""')}"`);
    return true;
  } finally {
    await first.close();
  }
}

/** @param {string} dataDir @param {string} database */
function open(dataDir, database) {
  return PGlite.create({ dataDir, database, extensions: { vector } });
}

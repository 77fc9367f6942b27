/** Owns the question when to stop: at a signal, when the host ends, or when standard input does. */

const SIGNALS = /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK']);
const PARENT_PAUSE_MS = 250;

/**
 * Call it once, at the start: the process that is the parent then is the one that is watched.
 * @param {{ withStdin: boolean }} options
 * @returns {Promise<string>} resolves with the reason; never rejects
 */
export function stopRequested({ withStdin }) {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve(signal));
    const parent = process.ppid;
    setInterval(() => {
      if (!isStill(parent)) resolve(`the parent process ${parent} has ended`);
    }, PARENT_PAUSE_MS).unref();
    if (withStdin) {
      process.stdin.on('end', () => resolve('standard input has ended'));
      process.stdin.on('error', () => resolve('standard input has failed'));
      process.stdin.resume();
    }
  });
}

/** An orphan gets another parent, but on Windows it keeps the number of the one it had. @param {number} parent */
function isStill(parent) {
  if (process.platform !== 'win32') return process.ppid === parent;
  try {
    return process.kill(parent, 0);
  } catch (thrown) {
    return /** @type {NodeJS.ErrnoException} */ (thrown).code === 'EPERM';
  }
}

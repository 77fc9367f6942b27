/**
 * Installs LocalEmu, the emulator of AWS that judges callers by their address. By itself it installs and prints the Python that runs it.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPython, installPythonProgram } from './python-environment.mjs';
import { reportSetUpError, ROOT } from './set-up.mjs';

const LEAST_PYTHON = '3.13';

/** Whether this machine has a Python that can run it. */
export function canRunLocalEmu() {
  return findPython(LEAST_PYTHON) !== undefined;
}

/**
 * @param {(line: string) => void} [say]
 * @returns {Promise<string>} the Python of the environment: run it with `-m localemu.runtime.main`
 * @throws {import('./set-up.mjs').SetUpError} where there is no Python 3.13 or later, among other things
 */
export function installLocalEmu(say) {
  const requirements = path.join(ROOT, 'scripts/localemu-requirements.txt');
  return installPythonProgram({ name: 'localemu', title: 'LocalEmu', requirements, leastPython: LEAST_PYTHON }, say);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installLocalEmu()
    .then((python) => process.stdout.write(`${python}\n`))
    .catch(reportSetUpError);
}

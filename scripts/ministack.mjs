/**
 * Installs MiniStack, the emulator of AWS that the cloud suites run against. By itself it installs and prints the Python that runs it.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPythonProgram } from './python-environment.mjs';
import { reportSetUpError, ROOT } from './set-up.mjs';

/**
 * @param {(line: string) => void} [say]
 * @returns {Promise<string>} the Python of the environment: run it with `-m ministack`
 * @throws {import('./set-up.mjs').SetUpError}
 */
export function installMiniStack(say) {
  const requirements = path.join(ROOT, 'scripts/ministack-requirements.txt');
  return installPythonProgram({ name: 'ministack', title: 'MiniStack', requirements }, say);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installMiniStack()
    .then((python) => process.stdout.write(`${python}\n`))
    .catch(reportSetUpError);
}

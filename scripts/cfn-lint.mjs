/**
 * Installs cfn-lint, which knows what CloudFormation takes. By itself it installs and prints the Python that runs it.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPythonProgram } from './python-environment.mjs';
import { reportSetUpError, ROOT } from './set-up.mjs';

/**
 * @param {(line: string) => void} [say]
 * @returns {Promise<string>} the Python of the environment: run it with `-m cfnlint.runner.cli`
 * @throws {import('./set-up.mjs').SetUpError}
 */
export function installCfnLint(say) {
  const requirements = path.join(ROOT, 'scripts/cfn-lint-requirements.txt');
  return installPythonProgram({ name: 'cfn-lint', title: 'cfn-lint', requirements }, say);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installCfnLint()
    .then((python) => process.stdout.write(`${python}\n`))
    .catch(reportSetUpError);
}

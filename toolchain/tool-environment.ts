/** Owns the environments that the toolchain's processes get: the caller's, without what would lead a Python or uv astray. */
import path from 'node:path';
import { poetryCredentialsForUv } from './index-credentials';
import { registryEnvironment } from './machine-registries';
import type { ToolchainContext } from './toolchain-context';

/** They point a Python to another one's modules, or uv to another project or environment. */
const MISLEADING: ReadonlySet<string> = new Set([
  '__PYVENV_LAUNCHER__',
  'CONDA_DEFAULT_ENV',
  'CONDA_PREFIX',
  'PIPENV_ACTIVE',
  'POETRY_ACTIVE',
  'PYTHONHOME',
  'PYTHONPATH',
  'PYTHONPLATLIBDIR',
  'PYTHONSAFEPATH',
  'PYTHONSTARTUP',
  'PYTHONUSERBASE',
  'PYTHONWARNINGS',
  'UV_BREAK_SYSTEM_PACKAGES',
  'UV_ISOLATED',
  'UV_LINK_MODE',
  'UV_PROJECT',
  'UV_PROJECT_ENVIRONMENT',
  'UV_PYTHON',
  'UV_REQUIRE_HASHES',
  'UV_SYSTEM_PYTHON',
  'UV_TARGET',
  'UV_WORKING_DIR',
  'VIRTUAL_ENV',
  'VIRTUAL_ENV_PROMPT',
]);

/** Without what would make an interpreter load another one's modules. */
export function environmentWithoutPython(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !MISLEADING.has(name.toUpperCase())));
}

/**
 * The whole environment of a uv process. It holds credentials: never log it.
 *
 * The user's and the system's uv.toml stay in force (no UV_NO_CONFIG): they name registries and certificates of this network,
 * and a project's own `[tool.uv]` must hold as it does for its developers. What they could break is set here and on the
 * command line, which both win over files.
 */
export async function uvEnvironment(context: ToolchainContext): Promise<Readonly<Record<string, string>>> {
  return {
    ...environmentWithoutPython(context.environment),
    ...poetryCredentialsForUv(context.environment),
    ...(await registryEnvironment(context)),
    ...uvSettings(context.homeDirectory),
  };
}

/** What every uv process is told, secrets and registries apart. */
function uvSettings(homeDirectory: string): Readonly<Record<string, string>> {
  return {
    UV_CACHE_DIR: path.join(homeDirectory, 'cache', 'uv'),
    UV_PYTHON_INSTALL_DIR: path.join(homeDirectory, 'toolchains', 'python'),
    // Interpreters are found by `find-python.ts` and passed by full path.
    UV_PYTHON_DOWNLOADS: 'never',
    UV_NO_PROGRESS: '1',
    // No network is to be told in seconds; what drops now and then is retried by uv twice.
    UV_HTTP_RETRIES: '2',
    NO_COLOR: '1',
    // A private repository without credentials must fail, not wait for them.
    GIT_TERMINAL_PROMPT: '0',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUTF8: '1',
  };
}

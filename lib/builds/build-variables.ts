/** Owns the environment variables that every build of a project gets: registries and proxies. None is a secret. */
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';

/** The machine itself, and where it gets its credentials: never by a proxy. */
const ALWAYS_DIRECT = ['localhost', '127.0.0.1', '169.254.169.254', '169.254.170.2'];

export function buildVariables({ registries, proxy }: Pick<DeploymentSettings, 'registries' | 'proxy'>): Readonly<Record<string, string>> {
  const hasProxy = proxy.http !== undefined || proxy.https !== undefined;
  const variables: Readonly<Record<string, string | undefined>> = {
    // What pip is told, uv is told too.
    PIP_INDEX_URL: registries.pypi,
    SLIPWAY_NPM_REGISTRY: registries.npm,
    npm_config_registry: registries.npm,
    UV_PYTHON_INSTALL_MIRROR: registries.pythonMirror,
    HTTP_PROXY: proxy.http,
    HTTPS_PROXY: proxy.https,
    NO_PROXY: hasProxy ? [...ALWAYS_DIRECT, ...proxy.exceptions].join(',') : undefined,
  };
  return Object.fromEntries(Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Owns finding a CPython interpreter on this host, or fetching one. */
import type { PythonInstallation } from '../core/host';
import { SlipwayError } from '../core/slipway-error';
import type { ToolchainContext } from './toolchain-context';

/**
 * The best CPython of a version: uv's own, pyenv's, PATH's, the system's; else fetched by uv.
 * @param version `3.12` (the newest patch that is there) or `3.12.1`
 * @throws SlipwayError `python-missing`
 */
export function findPython(context: ToolchainContext, version: string): Promise<PythonInstallation> {
  return Promise.reject(new SlipwayError('internal', `Python '${version}' for '${context.platform}' is not there yet`));
}

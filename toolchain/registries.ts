/** Owns which package indexes are used: those that pip's configuration names, handed to uv, which does not read it. */
import type { ToolchainContext } from './toolchain-context';

/**
 * The variables that make uv use the indexes, certificates and proxies that pip would use. It holds credentials: never log it.
 * Add it to the environment of every uv process; variables that the caller set for uv itself are kept.
 */
export function registryEnvironment(context: ToolchainContext): Promise<Readonly<Record<string, string>>> {
  return Promise.resolve(context.environment);
}

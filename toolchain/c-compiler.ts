/** Owns finding the C compiler that Nuitka will use, and ccache. */
import type { CCompiler } from '../core/host';
import type { ToolchainContext } from './toolchain-context';

/** @returns undefined where there is none; `requireCCompiler` says it with the command that mends it */
export function findCCompiler(context: ToolchainContext): Promise<CCompiler | undefined> {
  return context.processes.find('gcc', context.environment).then(() => undefined);
}

/**
 * @throws SlipwayError `compiler-missing` with the command for this host's distribution
 */
export async function requireCCompiler(context: ToolchainContext): Promise<CCompiler> {
  const compiler = await findCCompiler(context);
  if (compiler === undefined) throw new Error('no compiler');
  return compiler;
}

/** @returns the path of ccache, or undefined */
export function findCcache(context: ToolchainContext): Promise<string | undefined> {
  return context.processes.find('ccache', context.environment);
}

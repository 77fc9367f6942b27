/** Owns the toolchain's context on this machine. Apart from `machine.ts`, because few commands fetch anything. */
import type { ToolchainContext } from '../../toolchain/toolchain-context';
import { createUndiciDownloads } from './downloads-undici';
import { createNodeFiles } from './files-node';
import type { Machine } from './machine';
import { createNodeProcesses } from './processes-node';

/** @param log takes one line at a time */
export function toolchainOf(machine: Machine, log: (line: string) => void): ToolchainContext {
  const files = createNodeFiles();
  return { ...machine, files, processes: createNodeProcesses(), downloads: createUndiciDownloads({ ...machine, files }), log };
}

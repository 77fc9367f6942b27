/** Owns knowing which Linux this is: it decides the command that gets a tool. */
import { isSlipwayError } from '../core/slipway-error';
import { parseOsRelease } from '../core/host/host-hint';
import type { ToolchainContext } from './toolchain-context';

/** @returns the distribution's id and those that it descends from; empty elsewhere than on Linux */
export async function readDistribution(context: Pick<ToolchainContext, 'files' | 'platform'>): Promise<readonly string[]> {
  if (!context.platform.startsWith('linux')) return [];
  for (const place of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return parseOsRelease(await context.files.readText(place));
    } catch (thrown) {
      if (!isSlipwayError(thrown)) throw thrown;
    }
  }
  return [];
}

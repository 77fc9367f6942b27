/** Use-case: how a build fares, after settling what has ended. */
import type { BuildPorts } from '../build-ports';
import type { BuildRecord } from '../build-record';
import { resolveBuild, type ResolveOptions } from '../resolve-build';
import { settleBuild } from './settle-build';

/** @throws SlipwayError as `resolveBuild` and `settleBuild` do */
export async function getStatus(ports: BuildPorts, reference: string, options: ResolveOptions = {}): Promise<BuildRecord> {
  return settleBuild(ports, await resolveBuild(ports, reference, options));
}

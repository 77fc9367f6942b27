/** Joins what this machine offers to the command line: its builds, its distributions and its gate, on one store. */
import { hostname, release, type } from 'node:os';
import path from 'node:path';
import type { PlatformId } from '../core/platform';
import type { Clock, Randomness } from '../core/ports/clock';
import type { Files } from '../core/ports/files';
import type { DetachedProcesses, Processes } from '../core/ports/processes';
import type { TargetServices } from '../core/services';
import { openLocalStore } from './store/local-store';
import { createLocalBuildService } from './build/local-build-service';
import { createLocalDistributionService } from './distribution/local-distribution-service';
import { answersSignal, createProcessIdentity } from './build/process-identity';
import { createServeGate } from './distribution/serve-gate';
import { describeTools } from './build/tool-identity';

export interface LocalServicesOptions {
  readonly files: Files;
  readonly processes: Processes & DetachedProcesses;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** The caller's environment: builds get it. */
  readonly environment: Readonly<Record<string, string>>;
  /** `$SLIPWAY_HOME`, absolute. */
  readonly homeDirectory: string;
  /** The user's own home. */
  readonly userDirectory: string;
  readonly platform: PlatformId | undefined;
  readonly nodePlatform: NodeJS.Platform;
  /** Where `slipway.mjs` and `builder.mjs` are, absolute. */
  readonly programDirectory: string;
  /** Default: Node as it runs now. */
  readonly nodePath?: string;
}

export function createLocalServices(options: LocalServicesOptions): TargetServices {
  const { files, clock, randomness, homeDirectory, programDirectory } = options;
  const nodePath = options.nodePath ?? process.execPath;
  const builderPath = path.join(programDirectory, 'builder.mjs');
  const { ledger, store } = openLocalStore({ files, clock, randomness, homeDirectory, isAlive: answersSignal });
  const gatePorts = { ledger, store, clock, randomness, files, homeDirectory };
  return {
    builds: createLocalBuildService({
      ...options,
      ledger,
      artifacts: store,
      identity: createProcessIdentity({ ...options, workingDirectory: path.parse(homeDirectory).root }),
      hostName: hostname(),
      pid: process.pid,
      supervisorCommand: [nodePath, path.join(programDirectory, 'slipway.mjs'), 'supervise'],
      builderCommand: [nodePath, builderPath],
      toolIdentity: () => describeTools({ ...options, builderPath, system: `${type()} ${release()}` }),
    }),
    distributions: createLocalDistributionService(gatePorts),
    serveGate: createServeGate(gatePorts),
  };
}

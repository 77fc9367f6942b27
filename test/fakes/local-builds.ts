/** The build service of this machine with a builder that builds nothing; also the supervisor's program, see `supervisor-entry.ts`. */
import path from 'node:path';
import type { BuildService } from '../../core/build/build-service';
import { createFolderArtifactStore } from '../../local/store/artifact-store-folder';
import { nodeClock, nodeRandomness } from '../../local/machine/clock-node';
import { createFileLock } from '../../local/store/file-lock';
import { createNodeFiles } from '../../local/machine/files-node';
import { createFolderLedger } from '../../local/store/ledger-folder';
import { createLocalBuildService, type LocalBuildPorts } from '../../local/build/local-build-service';
import { createProcessIdentity } from '../../local/build/process-identity';
import { createNodeProcesses } from '../../local/machine/processes-node';

export interface TestBuildOptions {
  readonly homeDirectory: string;
  readonly builder: string;
  readonly supervisor: string;
  readonly environment: Readonly<Record<string, string>>;
}

export function createTestBuilds(options: TestBuildOptions, change: Partial<LocalBuildPorts> = {}): BuildService {
  const { homeDirectory, environment } = options;
  const files = createNodeFiles();
  const processes = createNodeProcesses();
  const lock = createFileLock({
    files,
    clock: nodeClock,
    randomness: nodeRandomness,
    directory: path.join(homeDirectory, 'locks'),
    hostName: 'here',
    pid: process.pid,
    isAlive(pid) {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    },
  });
  const storeDirectory = path.join(homeDirectory, 'store');
  return createLocalBuildService({
    files,
    processes,
    identity: createProcessIdentity({ files, processes, environment, nodePlatform: process.platform, workingDirectory: '/' }),
    ledger: createFolderLedger(files, storeDirectory, lock),
    artifacts: createFolderArtifactStore(files, storeDirectory),
    clock: nodeClock,
    randomness: nodeRandomness,
    environment,
    homeDirectory,
    hostName: 'here',
    pid: process.pid,
    platform: 'linux-x86_64',
    supervisorCommand: [process.execPath, options.supervisor],
    builderCommand: [process.execPath, options.builder],
    toolIdentity: () => Promise.resolve('tools 1'),
    ...(environment.TEST_TIMEOUT_MS === undefined ? {} : { jobTimeoutMs: Number(environment.TEST_TIMEOUT_MS) }),
    ...change,
  });
}

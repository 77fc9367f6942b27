/** The BuildService of this machine: the use-cases of core on the folder store and the process runner. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { BuildPorts } from '../../core/build/build-ports';
import type { BuildService } from '../../core/build/build-service';
import { cancelBuild } from '../../core/build/settle/cancel-build';
import { openArtifact } from '../../core/build/fetch-artifacts';
import { getStatus } from '../../core/build/settle/get-status';
import { listBuilds } from '../../core/build/settle/list-builds';
import type { PlatformId } from '../../core/platform';
import type { ArtifactStore } from '../../core/ports/artifact-store';
import type { Clock, Randomness } from '../../core/ports/clock';
import type { Files } from '../../core/ports/files';
import type { Ledger } from '../../core/ports/ledger';
import type { DetachedProcesses, Processes } from '../../core/ports/processes';
import { LOCAL_BUILDER_ID } from '../../core/provenance/slsa-provenance';
import { readLog } from '../../core/build/read-log';
import { readManifest } from '../../core/build/read-manifest';
import { retryBuild } from '../../core/build/start/retry-build';
import { settleBuild } from '../../core/build/settle/settle-build';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { startBuild } from '../../core/build/start/start-build';
import { readBuild } from '../../core/build/stored-build';
import { createProcessBuildRunner } from './build-runner-process';
import type { ProcessIdentity } from './process-identity';
import { superviseJob } from './supervise-job';

const JOB_TIMEOUT_MS = 120 * 60_000;
/** Between a record and its supervisor lie milliseconds: later than this, whoever started it is gone. */
const START_GRACE_MS = 60_000;

export interface LocalBuildPorts {
  readonly files: Files;
  readonly processes: Processes & DetachedProcesses;
  readonly identity: ProcessIdentity;
  readonly ledger: Ledger;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly environment: Readonly<Record<string, string>>;
  readonly homeDirectory: string;
  readonly hostName: string;
  readonly pid: number;
  /** What this machine builds; undefined where Slipway has no name for it. */
  readonly platform: PlatformId | undefined;
  readonly supervisorCommand: readonly [command: string, ...args: string[]];
  readonly builderCommand: readonly [command: string, ...args: string[]];
  /** What of this machine decides a build's result, as text; undefined turns the reuse of results off. */
  toolIdentity(): Promise<string | undefined>;
  /** Default 120 minutes. */
  readonly jobTimeoutMs?: number;
}

export function createLocalBuildService(local: LocalBuildPorts): BuildService {
  const ports = buildPortsOf(local);
  const { ledger } = ports;
  return {
    platforms: () => ports.runner.platforms(),
    async start(request, openSource, options) {
      await requireWritableHome(local);
      return startBuild(ports, request, openSource, options);
    },
    async retry(reference, requestId, { name, secrets, useCache } = {}) {
      await requireWritableHome(local);
      return retryBuild(ports, reference, requestId, {
        useCache: useCache ?? false,
        ...(name === undefined ? {} : { name }),
        ...(secrets === undefined ? {} : { secrets }),
      });
    },
    status: (reference, name, latest) =>
      getStatus(ports, reference, { ...(name === undefined ? {} : { name }), ...(latest === undefined ? {} : { latest }) }),
    list: (options) => listBuilds(ports, options),
    cancel: (reference, name) => cancelBuild(ports, reference, name === undefined ? {} : { name }),
    log: (buildId, platform, from) => readLog(ports, buildId, platform, from),
    manifest: (buildId) => readManifest(ledger, buildId),
    openArtifact: (buildId, artifact) => openArtifact(ports, buildId, artifact),
    supervise: (buildId, platform) => supervise(local, ports, buildId, platform),
  };
}

function buildPortsOf(local: LocalBuildPorts): BuildPorts {
  const { ledger, artifacts, clock, randomness } = local;
  return {
    ledger,
    artifacts,
    clock,
    randomness,
    runner: createProcessBuildRunner(local),
    jobTimeoutMs: local.jobTimeoutMs ?? JOB_TIMEOUT_MS,
    startGraceMs: START_GRACE_MS,
    async toolIdentity() {
      if (local.platform === undefined) return undefined;
      const identity = await local.toolIdentity();
      return identity === undefined ? undefined : createHash('sha256').update(identity).digest('hex');
    },
    builderId: () => LOCAL_BUILDER_ID,
    streamOf: (bytes) => Readable.from([bytes]),
  };
}

async function supervise(local: LocalBuildPorts, ports: BuildPorts, buildId: string, platform: PlatformId): Promise<void> {
  const job = (await readBuild(ports, buildId)).jobs[platform];
  if (job === undefined) throw new SlipwayError('platform-not-in-build', `build '${buildId}' has no job for '${platform}'`);
  const isOurs = await superviseJob(local, { buildId, platform, attempt: job.attempt });
  if (isOurs) await settleBuild(ports, buildId);
}

/** Everything that is kept goes there: better one clear error now than one about some file later. */
async function requireWritableHome({ files, homeDirectory, randomness }: LocalBuildPorts): Promise<void> {
  const probe = path.join(homeDirectory, `.probe-${randomness.uuid()}`);
  try {
    await files.write(probe, '');
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'disk-full') throw thrown;
    throw new SlipwayError('home-not-writable', `cannot write to '${homeDirectory}', where Slipway keeps its builds`, {
      hint: 'set SLIPWAY_HOME to a folder that you may write to',
      details: { homeDirectory },
      cause: thrown,
    });
  }
  await files.remove(probe);
}

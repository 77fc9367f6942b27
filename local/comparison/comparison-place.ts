/**
 * Owns the place of a comparison on this machine: one at a time, in a folder of its own below the home, begun when nothing else keeps
 * the processors busy.
 */
import path from 'node:path';
import type { TrialBench } from '../../core/comparison/trial-bench';
import { QUIET_SHARE } from '../../core/comparison/trial-bench';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { createFileLock, type FileLockPorts } from '../store/file-lock';

/** Time of all processors since the machine started, in milliseconds. */
export interface ProcessorTimes {
  readonly busyMs: number;
  readonly idleMs: number;
}

export interface ComparisonPlacePorts extends Omit<FileLockPorts, 'directory' | 'patienceMs'> {
  /** `$SLIPWAY_HOME`, absolute. */
  readonly homeDirectory: string;
  /** Undefined where the system does not tell. */
  readonly processorTimes: () => ProcessorTimes | undefined;
}

const LOOK_MS = 1_000;
/** What a build leaves running, such as a virus scanner, is through with it by then. */
const LONGEST_WAIT_MS = 30_000;

export function createComparisonPlace(ports: ComparisonPlacePorts): Omit<TrialBench, 'launcher'> {
  const lock = createFileLock({ ...ports, directory: path.join(ports.homeDirectory, 'locks'), patienceMs: 0 });
  const directory = path.join(ports.homeDirectory, 'comparison');
  return {
    async exclusively(action) {
      let isMine = false;
      try {
        return await lock('comparison', async () => {
          isMine = true;
          await ports.files.remove(directory);
          await ports.files.makeDirectory(directory);
          try {
            return await action(directory);
          } finally {
            await ports.files.remove(directory);
          }
        });
      } catch (thrown) {
        if (isMine || !isSlipwayError(thrown) || thrown.code !== 'store-busy') throw thrown;
        throw new SlipwayError(
          'comparison-running',
          'another slipway compare runs on this machine, and each would disturb what the other measures',
          {
            hint: 'run the command again when the other one has ended',
            cause: thrown,
          },
        );
      }
    },
    async awaitQuiet() {
      for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
        const share = await busyShare(ports);
        if (share === undefined || share <= QUIET_SHARE || waitedMs >= LONGEST_WAIT_MS) return share;
      }
    },
  };
}

async function busyShare({ processorTimes, clock }: ComparisonPlacePorts): Promise<number | undefined> {
  const before = processorTimes();
  await clock.sleep(LOOK_MS);
  const after = processorTimes();
  if (before === undefined || after === undefined) return undefined;
  const busyMs = after.busyMs - before.busyMs;
  const allMs = busyMs + after.idleMs - before.idleMs;
  return allMs > 0 ? Math.round((busyMs / allMs) * 100) / 100 : undefined;
}

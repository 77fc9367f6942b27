/** A small program by the real toolchain and the real checks, unpacked from its archive. The toolchain stays under the default SLIPWAY_HOME. */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { extract } from 'tar';
import { runBuild } from '../../builder/run-build';
import { executableName } from '../../core/job/artifact-name';
import type { Job } from '../../core/job/job';
import type { Report } from '../../core/job/report';
import { nodeClock } from '../../local/machine/clock-node';
import { nodeConnections } from '../../local/machine/connections-node';
import { readMachine } from '../../local/machine/machine';
import { toolchainOf } from '../../local/machine/toolchain-machine';
import { makeWorkplace } from './fake-build';

export interface RealBuild {
  readonly report: Report;
  /** Where the executable of a binary was unpacked to, absolute. */
  readonly program: (binary: string) => string;
}

/**
 * @param unreachable codes of what a machine without the toolchain, and without a way to get it, cannot do: nothing is looked at then, and said so
 * @throws Error with the end of the log, for a build that fails otherwise
 */
export async function buildForReal(
  job: Job,
  source: Readonly<Record<string, string>>,
  unreachable: readonly string[],
  look: (built: RealBuild) => void,
): Promise<void> {
  const { place } = await makeWorkplace(job, source);
  try {
    const lines: string[] = [];
    const toolchain = toolchainOf(readMachine(), (line) => void lines.push(line));
    const report = await runBuild({ ...toolchain, clock: nodeClock, connections: nodeConnections, jobDirectory: place.jobDirectory });
    if (report.failure !== undefined && unreachable.includes(report.failure.code)) {
      console.warn(`skipped: the toolchain cannot be had here: ${report.failure.message}`);
      return;
    }
    if (report.failure !== undefined) throw new Error(`${report.failure.message}\n${lines.slice(-60).join('\n')}`);

    const unpacked = path.join(place.root, 'unpacked');
    mkdirSync(unpacked);
    const archive = report.artifacts.find(({ kind }) => kind === 'archive')?.file ?? '';
    await new Promise<void>((resolve, reject) => {
      const sink = extract({ cwd: unpacked });
      sink.on('close', resolve).on('error', reject);
      Readable.from([readFileSync(path.join(place.jobDirectory, 'out', archive))]).pipe(sink);
    });
    const folder = path.join(unpacked, archive.replace(/\.tar\.gz$|\.zip$/, ''));
    look({ report, program: (binary) => path.join(folder, executableName(binary, job.platform)) });
  } finally {
    place.remove();
  }
}

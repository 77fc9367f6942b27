#!/usr/bin/env node
/**
 * The builder: `node builder.mjs JOB_DIRECTORY`. Hands this machine's ports to one build, writes its lines to standard output
 * and ends with the exit code of the failure's class. No logic.
 */
import path from 'node:path';
import { runBuild } from '../builder/run-build';
import { EXIT, exitCodeOf, toSlipwayError, type ErrorCode } from '../core/slipway-error';
import { nodeClock } from '../local/machine/clock-node';
import { nodeConnections } from '../local/machine/connections-node';
import { readMachine } from '../local/machine/machine';
import { stoppable } from '../local/machine/stoppable-processes';
import { toolchainOf } from '../local/machine/toolchain-machine';

declare const SLIPWAY_VERSION: string;

const [argument] = process.argv.slice(2);
// Whoever reads the log may go away: that is no reason to give up the build.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

if (argument === '--version') process.stdout.write(`${SLIPWAY_VERSION}\n`);
else process.exitCode = argument === undefined || process.argv.length !== 3 ? usage() : await build(path.resolve(argument));

function usage(): number {
  process.stderr.write('usage: node builder.mjs JOB_DIRECTORY\n');
  return EXIT.badRequest;
}

async function build(jobDirectory: string): Promise<number> {
  try {
    const toolchain = toolchainOf(readMachine(), (line) => void process.stdout.write(`${line}\n`));
    const processes = stoppable(toolchain.processes);
    process.on('SIGHUP', () => undefined); // A build outlives the terminal that it was started from.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => void processes.stopAll().finally(() => process.exit(EXIT.cancelled)));
    }
    const report = await runBuild({ ...toolchain, processes, clock: nodeClock, connections: nodeConnections, jobDirectory });
    return report.failure === undefined ? EXIT.done : exitCodeOf(report.failure.code as ErrorCode);
  } catch (thrown) {
    const { code, message, hint } = toSlipwayError(thrown);
    process.stderr.write(`error: ${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}`);
    return exitCodeOf(code);
  }
}

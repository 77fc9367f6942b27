/**
 * What runs on a build machine: `node bootstrap.mjs`. Hands this machine's ports to one job of CodeBuild and ends with 0 or 1,
 * so that CodeBuild uploads what lies in out/ either way. No logic.
 */
import { bootstrap } from '../buildspecs/bootstrap/bootstrap';
import { nodeClock } from '../local/machine/clock-node';
import { createNodeFiles } from '../local/machine/files-node';
import { createNodeProcesses } from '../local/machine/processes-node';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop.abort()); // `on`: a second one must not end it without a report.
// Whoever reads the log may go away: that is no reason to give up the build.
process.stdout.on('error', () => undefined);

process.exitCode = await bootstrap({
  files: createNodeFiles(),
  processes: createNodeProcesses(),
  clock: nodeClock,
  environment: Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  nodePath: process.execPath,
  write: (text) => void process.stdout.write(text),
  stop: stop.signal,
});

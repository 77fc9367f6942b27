/** A gate in a process of its own, as `slipway serve` runs it, on the home folder that it is told: prints its address, serves until it ends. */
import { answersSignal } from '../../../local/build/process-identity';
import { createServeGate } from '../../../local/distribution/serve-gate';
import { nodeClock, nodeRandomness } from '../../../local/machine/clock-node';
import { createNodeFiles } from '../../../local/machine/files-node';
import { openLocalStore } from '../../../local/store/local-store';

const homeDirectory = process.argv[2] ?? '';
const files = createNodeFiles();
const serve = createServeGate({
  ...openLocalStore({ files, clock: nodeClock, randomness: nodeRandomness, homeDirectory, isAlive: answersSignal }),
  clock: nodeClock,
  randomness: nodeRandomness,
  files,
  homeDirectory,
});
const gate = await serve({
  host: '127.0.0.1',
  port: 0,
  trustProxy: false,
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
});
process.stdout.write(`${JSON.stringify({ event: 'listening', url: gate.url })}\n`);
await gate.terminated;
await gate.stop();

/** A gate in a process of its own, as `slipway serve` runs it, on the home folder that it is told: prints its address, serves until it ends. */
import { hostname } from 'node:os';
import path from 'node:path';
import { createServeGate } from '../../../local/distribution/serve-gate';
import { nodeClock, nodeRandomness } from '../../../local/machine/clock-node';
import { createNodeFiles } from '../../../local/machine/files-node';
import { createFolderArtifactStore } from '../../../local/store/artifact-store-folder';
import { createFileLock } from '../../../local/store/file-lock';
import { createFolderLedger } from '../../../local/store/ledger-folder';

const homeDirectory = process.argv[2] ?? '';
const files = createNodeFiles();
const storeDirectory = path.join(homeDirectory, 'store');
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const lock = createFileLock({
  files,
  clock: nodeClock,
  randomness: nodeRandomness,
  directory: path.join(homeDirectory, 'locks'),
  hostName: hostname(),
  pid: process.pid,
  isAlive,
});
const serve = createServeGate({
  ledger: createFolderLedger(files, storeDirectory, lock),
  store: createFolderArtifactStore(files, storeDirectory),
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

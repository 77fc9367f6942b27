/**
 * Makes live links in a store of its own, as `slipway distribute --path` does, for the benchmarks of the gate: `gate-links HOME COUNT`.
 * Prints the tokens, one a line.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createLocalDistributionService } from '../local/distribution/local-distribution-service';
import { nodeClock, nodeRandomness } from '../local/machine/clock-node';
import { createNodeFiles } from '../local/machine/files-node';
import { openLocalStore } from '../local/store/local-store';

/** Made side by side: what takes the time is waiting for the file system. */
const AT_ONCE = 8;

const [homeDirectory = '', count = ''] = process.argv.slice(2);
const files = createNodeFiles();
const service = createLocalDistributionService({
  ...openLocalStore({ files, clock: nodeClock, randomness: nodeRandomness, homeDirectory, isAlive: () => true }),
  clock: nodeClock,
  randomness: nodeRandomness,
  files,
  homeDirectory,
});
mkdirSync(homeDirectory, { recursive: true });
const file = path.join(homeDirectory, 'kit.bin');
writeFileSync(file, Buffer.alloc(1_024, 7));

const urls: string[] = [];
let left = Number(count);
const makeSome = async (worker: number) => {
  while (left-- > 0) {
    const { url = '' } = await service.distribute({
      // An application of its own each: they do not wait for one another's pointer.
      from: { path: file, name: `kit-${worker}` },
      expiresHours: 168,
      allowedIps: ['127.0.0.0/8'],
      link: 'gate',
      allowSecrets: [],
      baseUrl: 'http://127.0.0.1:1',
    });
    urls.push(url);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => makeSome(worker)));
process.stdout.write(urls.map((url) => `${url.slice(url.lastIndexOf('/') + 1)}\n`).join(''));

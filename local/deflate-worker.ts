/** The thread that compresses: answers each batch in turn. Started by `compressor.ts`; bundled to a file of its own. */
import { parentPort } from 'node:worker_threads';
import { compressBatch, type Batch } from './compress-batch';
import { StableDeflate } from './stable-deflate';

const deflate = new StableDeflate();

parentPort?.on('message', (batch: Batch) => {
  const answer = compressBatch(deflate, batch);
  parentPort?.postMessage(answer, [answer.data.buffer]);
});

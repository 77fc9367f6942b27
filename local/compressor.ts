/**
 * Owns where batches are compressed: on this thread, or beside it on threads of their own. The bytes are the same.
 * A source that is small is not worth a thread.
 */
import { availableParallelism, loadavg } from 'node:os';
import { Worker } from 'node:worker_threads';
import { compressBatch, type Batch, type CompressedBatch } from './compress-batch';
import { StableDeflate } from './stable-deflate';

/** Starting a thread takes as long as compressing this much. */
const WORTH_A_THREAD_BYTES = 8e6;
const MOST_THREADS = 4;

export interface Compressor {
  /** How many batches may be under way before more only take memory. */
  readonly width: number;
  /** `batch.data` is gone afterwards: it may have moved to another thread. */
  compress(batch: Batch): Promise<CompressedBatch>;
  close(): Promise<void>;
}

/**
 * @param totalBytes about what will be compressed
 * @param workerFile the bundled `deflate-worker.ts`; without it everything happens on this thread
 */
export function createCompressor(totalBytes: number, workerFile: string | undefined): Compressor {
  const threads = Math.min(MOST_THREADS, idleCores());
  return workerFile === undefined || threads < 1 || totalBytes < WORTH_A_THREAD_BYTES ? onThisThread() : onThreads(workerFile, threads);
}

/** Where others keep the machine busy, a thread more is only work more. (Windows tells no load, and counts as idle.) */
function idleCores(): number {
  const [load = 0] = loadavg();
  return Math.floor(Math.min(availableParallelism() - 1, availableParallelism() - load + 0.5));
}

function onThisThread(): Compressor {
  const deflate = new StableDeflate();
  return { width: 1, compress: (batch) => Promise.resolve(compressBatch(deflate, batch)), close: () => Promise.resolve() };
}

interface Waiting {
  readonly resolve: (answer: CompressedBatch) => void;
  readonly reject: (reason: Error) => void;
}

/** A thread answers in the order in which it was asked. */
interface Thread {
  readonly worker: Worker;
  readonly waiting: Waiting[];
}

function onThreads(workerFile: string, count: number): Compressor {
  const threads = Array.from({ length: count }, () => startThread(workerFile));
  const here = onThisThread();
  return {
    width: 3 * count + 1,
    compress: (batch) => {
      const idlest = threads.reduce((best, thread) => (thread.waiting.length < best.waiting.length ? thread : best));
      // Each thread has one batch in hand and one to go on with: this thread helps rather than waits.
      if (idlest.waiting.length >= 2) return here.compress(batch);
      return new Promise((resolve, reject) => {
        idlest.waiting.push({ resolve, reject });
        idlest.worker.postMessage(batch, [batch.data.buffer]);
      });
    },
    close: async () => {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function startThread(workerFile: string): Thread {
  const thread: Thread = { worker: new Worker(workerFile), waiting: [] };
  const fail = (reason: Error): void => {
    for (const { reject } of thread.waiting.splice(0)) reject(reason);
  };
  thread.worker.on('message', (answer: CompressedBatch) => thread.waiting.shift()?.resolve(answer));
  thread.worker.on('error', fail);
  thread.worker.on('exit', () => {
    fail(new Error('the thread that compresses ended'));
  });
  return thread;
}

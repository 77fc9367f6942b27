/** How large each Lambda is as it is uploaded: zipped, one file with the SDK in it. */
import path from 'node:path';
import { ZipFile } from 'yazl';
import { StepError } from '../scripts/command.mjs';
import { bundleLambdas } from '../scripts/lambda-bundle.mjs';
import { ROOT } from '../scripts/set-up.mjs';

const MOST_BYTES = 400_000;

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function lambdaSize({ work, say }) {
  const outdir = path.join(work, 'lambda-size');
  const names = await bundleLambdas(ROOT, outdir);
  const sizes = await Promise.all(
    names.map(async (name) => ({ name, sizeBytes: await zippedBytes(path.join(outdir, name, 'index.mjs')) })),
  );
  sizes.sort((a, b) => b.sizeBytes - a.sizeBytes);
  for (const { name, sizeBytes } of sizes) say(`${name}: ${kilobytes(sizeBytes)}`);
  const [largest] = sizes;
  const smallest = sizes.at(-1);
  if (largest === undefined || smallest === undefined) throw new StepError('there is no function in lambda/entries');
  return [
    {
      name: 'the size of a function, zipped',
      ours: `the largest of ${names.length}: ${largest.name} (the smallest: ${smallest.name}, ${kilobytes(smallest.sizeBytes)})`,
      value: kilobytes(largest.sizeBytes),
      bound: `at most ${kilobytes(MOST_BYTES)}`,
      isKept: largest.sizeBytes <= MOST_BYTES,
      runs: 1,
    },
  ];
}

/** @param {string} file */
async function zippedBytes(file) {
  const zip = new ZipFile();
  zip.addFile(file, 'index.mjs');
  zip.end();
  let sizeBytes = 0;
  for await (const chunk of zip.outputStream) sizeBytes += chunk.length;
  return sizeBytes;
}

const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(0)} KB`;

/** Owns one packing of a source tree in a process of its own, for the benchmark: `pack-source ROOT DIRECTORY`. Prints what came out. */
import path from 'node:path';
import { createNodeFiles } from '../local/machine/files-node';
import { createZipSourcePacker } from '../local/source/source-packer-zip';

const [root = '.', directory = '.'] = process.argv.slice(2).map((argument) => path.resolve(argument));
const packer = createZipSourcePacker({
  files: createNodeFiles(),
  directory,
  homeDirectory: directory,
  nodePlatform: process.platform,
  now: Date.now,
});
const packed = await packer.pack({ root, include: [], projectPath: '.', required: [], forWindows: false, additions: [] });
const { sha256, sizeBytes, fileCount } = packed;
await packed.discard?.();
process.stdout.write(`${JSON.stringify({ sha256, sizeBytes, fileCount, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 })}\n`);

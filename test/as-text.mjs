/** A file of another language, imported as its text: what esbuild's loader `text` does for what ships. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export default {
  // What jest hands over has lost its first line where that says which program reads the file.
  process: (_text, file) => ({ code: `module.exports = { __esModule: true, default: ${JSON.stringify(readFileSync(file, 'utf8'))} };` }),
  getCacheKey: (text) => createHash('sha256').update(`1\n${text}`).digest('hex'),
};

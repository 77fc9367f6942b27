/** Takes the digest of a file piece by piece: an archive may be larger than memory. */
import { createHash } from 'node:crypto';
import type { Files } from '../core/ports/files';

/** In lower-case hex. */
export async function sha256OfFile(files: Pick<Files, 'openRead'>, file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of files.openRead(file) as AsyncIterable<Uint8Array>) hash.update(chunk);
  return hash.digest('hex');
}

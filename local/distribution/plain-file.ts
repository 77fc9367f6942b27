/** Reads a file of this machine that is to be handed out as it is: its digest, its size, and what in it looks like a secret. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { PlainFile } from '../../core/distribution/hand-out/distribution-content';
import type { Files } from '../../core/ports/files';
import { createSecretScanner } from '../../core/inspection/secret-scan';
import { SlipwayError } from '../../core/slipway-error';

/** @throws SlipwayError `file-not-found`, `path-not-distributable` for folders and devices */
export async function readPlainFile(files: Files, file: string): Promise<PlainFile> {
  const stat = await files.stat(file);
  if (stat === undefined) throw new SlipwayError('file-not-found', `there is no file '${file}'`, { hint: 'check the path after --path' });
  const real = stat.kind === 'link' ? await files.realPath(file) : file;
  const kind = stat.kind === 'link' ? (await files.stat(real))?.kind : stat.kind;
  if (kind !== 'file') {
    throw new SlipwayError('path-not-distributable', `'${file}' is no file`, {
      hint:
        kind === 'directory' ? `pack the folder first: tar -czf ${path.basename(file)}.tar.gz ${file}` : 'name a plain file after --path',
    });
  }
  const name = path.basename(file);
  const hash = createHash('sha256');
  const secrets = createSecretScanner().open(name);
  let sizeBytes = 0;
  for await (const chunk of files.openRead(real)) {
    const bytes = chunk as Uint8Array;
    hash.update(bytes);
    secrets.push(bytes);
    sizeBytes += bytes.length;
  }
  return { file: name, sizeBytes, sha256: hash.digest('hex'), secretsFound: secrets.end(), open: () => files.openRead(real) };
}

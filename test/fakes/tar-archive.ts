/** Archives entry by entry, honest or not: what no packer would write can be in them, too. Names of up to 100 bytes (ustar). */
import { gzipSync } from 'node:zlib';

export interface TarEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** Default 0644. */
  readonly mode?: number;
  /** Makes it a symbolic link. */
  readonly linkTo?: string;
}

const BLOCK = 512;

export function tarGz(entries: readonly TarEntry[]): Buffer {
  return gzipSync(Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(2 * BLOCK)]));
}

function blocksOf({ name, content = '', mode = 0o644, linkTo }: TarEntry): readonly Buffer[] {
  const body = linkTo === undefined ? Buffer.from(content) : Buffer.alloc(0);
  const type = linkTo !== undefined ? '2' : name.endsWith('/') ? '5' : '0';
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
  header.write('0000000\0' + '0000000\0', 108);
  header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write(' '.repeat(8), 148);
  header.write(type, 156);
  header.write(linkTo ?? '', 157);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)];
}

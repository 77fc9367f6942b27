/** Small archives made by hand, also such as no honest builder makes. */
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { ZipFile } from 'yazl';

export interface FakeEntry {
  readonly path: string;
  readonly content?: Buffer;
  readonly link?: string;
  readonly mode?: number;
}

export function tarGzOf(entries: readonly FakeEntry[]): Promise<Buffer> {
  const blocks = entries.flatMap(({ path, content = Buffer.alloc(0), link, mode }) => {
    const header = Buffer.alloc(512);
    const type = link !== undefined ? 'SymbolicLink' : path.endsWith('/') ? 'Directory' : 'File';
    new Header({
      path,
      mode: mode ?? 0o644,
      size: content.length,
      mtime: new Date(0),
      type,
      ...(link === undefined ? {} : { linkpath: link }),
    }).encode(header);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Promise.resolve(gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
}

export async function zipOf(entries: readonly FakeEntry[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const { path, content, link, mode } of entries) {
    zip.addBuffer(content ?? Buffer.from(link ?? ''), path, { mode: link === undefined ? 0o100000 | (mode ?? 0o644) : 0o120777 });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

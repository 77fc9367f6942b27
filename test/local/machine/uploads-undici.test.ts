/** Sending a file to a presigned address: what goes over the wire, what is tried again, what is told. */
import '../../allow-network';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createNodeFiles } from '../../../local/machine/files-node';
import { createUndiciUploads } from '../../../local/machine/uploads-undici';

interface Received {
  readonly request: IncomingMessage;
  readonly body: string;
}

let directory: string;
let server: Server;
let url: string;
let received: Received[];
let answers: ((response: ServerResponse) => void)[];

const status =
  (code: number, body = '') =>
  (response: ServerResponse) =>
    void response.writeHead(code).end(body);

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'slipway-uploads-'));
  received = [];
  answers = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ request, body: Buffer.concat(chunks).toString() });
      (answers.shift() ?? status(200))(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sources/x.zip?X-Amz-Signature=abcdef&X-Amz-Expires=900`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  rmSync(directory, { recursive: true, force: true });
});

function put(change: { readonly onProgress?: (sent: number) => void; readonly open?: () => Readable } = {}) {
  const uploads = createUndiciUploads({
    files: createNodeFiles(),
    environment: { PIP_CONFIG_FILE: '/dev/null', UV_NO_CONFIG: '1' },
    platform: 'linux-x86_64',
    userDirectory: directory,
    retryDelaysMs: [1, 1],
  });
  const open = () => Readable.from([Buffer.from('hello '), Buffer.from('world')]);
  return uploads.put({ url, headers: { 'if-none-match': '*', 'x-amz-checksum-sha256': 'abc=' }, sizeBytes: 11, open, ...change });
}

test('the file is sent with its length and exactly the signed headers', async () => {
  const progress: number[] = [];
  await expect(put({ onProgress: (sent) => progress.push(sent) })).resolves.toBe('stored');
  const [only] = received;
  expect(only?.body).toBe('hello world');
  expect(only?.request.method).toBe('PUT');
  expect(only?.request.headers).toMatchObject({ 'content-length': '11', 'if-none-match': '*', 'x-amz-checksum-sha256': 'abc=' });
  expect(only?.request.headers['transfer-encoding']).toBeUndefined();
  expect(progress).toEqual([6, 11]);
});

test('412 means that it is there', async () => {
  answers = [status(412)];
  await expect(put()).resolves.toBe('was-there');
});

test('a busy or broken service is tried again, with the whole file', async () => {
  answers = [status(503), (response) => void response.socket?.destroy(), status(200)];
  await expect(put()).resolves.toBe('stored');
  expect(received.map(({ body }) => body)).toEqual(['hello world', 'hello world', 'hello world']);
});

test('after its tries the failure may be retried by a person, and shows no signature', async () => {
  answers = [status(500), status(500), status(500), status(500)];
  const failure = await put().catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ code: 'upload-failed', message: expect.stringContaining('HTTP 500') as string });
  expect(JSON.stringify(failure) + String((failure as Error).message)).not.toContain('abcdef');
  expect(received).toHaveLength(3);
});

test('what S3 refuses is not tried again, and its reason is told', async () => {
  answers = [status(400, '<?xml version="1.0"?><Error><Code>BadDigest</Code></Error>')];
  await expect(put()).rejects.toMatchObject({ code: 'upload-refused', message: expect.stringContaining('(BadDigest)') as string });
  expect(received).toHaveLength(1);
});

test('a file that cannot be read ends the upload with its own error', async () => {
  const open = () =>
    new Readable({
      read() {
        this.destroy(new Error('the disk is gone'));
      },
    });
  await expect(put({ open })).rejects.toMatchObject({
    code: 'upload-failed',
    message: expect.stringContaining('the disk is gone') as string,
  });
});

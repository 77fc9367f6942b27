import '../../allow-network';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DownloadsOptions } from '../../../local/machine/downloads-undici-transport';
import { createUndiciDownloads } from '../../../local/machine/downloads-undici';
import { createNodeFiles } from '../../../local/machine/files-node';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let directory: string;
let server: Server;
let origin: string;
let handler: Handler;
let requests: IncomingMessage[];

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'slipway-downloads-'));
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  rmSync(directory, { recursive: true, force: true });
});

function downloads(environment: Record<string, string> = {}, options: Partial<DownloadsOptions> = {}) {
  return createUndiciDownloads({
    files: createNodeFiles(),
    environment: { PIP_CONFIG_FILE: '/dev/null', UV_NO_CONFIG: '1', ...environment },
    platform: 'linux-x86_64',
    userDirectory: directory,
    retryDelaysMs: [1, 1],
    ...options,
  });
}

const answer =
  (status: number, body = '', headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('text', () => {
  test('tells the type and where it came from at last', async () => {
    handler = (request, response) =>
      request.url === '/a'
        ? response.writeHead(302, { location: '/b/' }).end()
        : response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('grüße');
    expect(await downloads().text({ url: `${origin}/a`, headers: { accept: 'text/html' } })).toEqual({
      body: 'grüße',
      contentType: 'text/html; charset=utf-8',
      finalUrl: `${origin}/b/`,
    });
    expect(requests[0]?.headers.accept).toBe('text/html');
  });

  test.each([
    [404, 'download-not-found', 1],
    [410, 'download-not-found', 1],
    [401, 'download-denied', 1],
    [403, 'download-denied', 1],
    [503, 'download-failed', 3],
    [429, 'download-failed', 3],
    [418, 'download-not-found', 1],
  ])('HTTP %i is %s after %i tries', async (status, code, tries) => {
    handler = answer(status);
    await expect(downloads().text({ url: `${origin}/x` })).rejects.toMatchObject({ code });
    expect(requests).toHaveLength(tries);
  });

  test('credentials that are asked for and credentials that are refused are told apart', async () => {
    handler = answer(401);
    const url = `${origin}/x`;
    await expect(downloads().text({ url })).rejects.toMatchObject({ message: `'${url}' asks for credentials (HTTP 401)` });
    await expect(downloads().text({ url: url.replace('//', '//ada:wrong@') })).rejects.toMatchObject({
      message: `'${url.replace('//', '//***@')}' refuses the credentials (HTTP 401)`,
    });
  });

  test('a server that is back at the third try has served', async () => {
    handler = (request, response) => answer(requests.length < 3 ? 502 : 200, 'here')(request, response);
    expect((await downloads().text({ url: `${origin}/x` })).body).toBe('here');
  });

  test('no server is told without credentials', async () => {
    const dead = origin.replace(/:\d+$/, ':1').replace('://', '://me:s3cret@');
    const error: unknown = await downloads()
      .text({ url: `${dead}/x` })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'download-failed', message: expect.stringContaining('***@127.0.0.1:1/x') as string });
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });

  test.each(['file without a scheme', 'not a url'])('refuses %j', async (url) => {
    await expect(downloads().text({ url })).rejects.toMatchObject({ code: 'download-not-found' });
  });
});

describe('credentials', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  test.each([
    ['of the URL, unescaped', 'me%40corp:p%2Fw@', undefined, basic('me@corp:p/w')],
    ['of ~/.netrc', '', 'machine 127.0.0.1 login you password pw', basic('you:pw')],
    ['of the URL before those of ~/.netrc', 'me:mine@', 'machine 127.0.0.1 login you password pw', basic('me:mine')],
    ['of nobody', '', undefined, undefined],
  ])('%s', async (_, userinfo, netrc, expected) => {
    if (netrc !== undefined) writeFileSync(path.join(directory, '.netrc'), netrc);
    handler = answer(200, 'ok');
    await downloads().text({ url: `${origin.replace('://', `://${userinfo}`)}/x` });
    expect(requests[0]?.headers.authorization).toBe(expected);
  });

  test('are not carried to another origin', async () => {
    const other = createServer((request, response) => void response.end(String(request.headers.authorization)));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    handler = answer(302, '', { location: `http://127.0.0.1:${(other.address() as AddressInfo).port}/y` });
    try {
      expect((await downloads().text({ url: `${origin.replace('://', '://me:pw@')}/x` })).body).toBe('undefined');
    } finally {
      other.close();
    }
  });
});

describe('proxies', () => {
  test.each([
    ['HTTP_PROXY', (proxy: string) => ({ HTTP_PROXY: proxy })],
    ["pip's proxy, written without a scheme", (proxy: string) => ({ PIP_PROXY: proxy.replace('http://', '') })],
  ])('%s is asked', async (_, environment) => {
    handler = (request, response) => answer(200, `proxied ${request.url ?? ''} ${request.method ?? ''}`)(request, response);
    server.on('connect', (request: IncomingMessage, socket) => {
      requests.push(request);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    await downloads(environment(origin), { retryDelaysMs: [] })
      .text({ url: 'http://index.example/simple/' })
      .catch(() => undefined);
    expect(requests[0]?.url).toMatch(/index\.example/);
  });

  test('NO_PROXY holds', async () => {
    handler = answer(200, 'direct');
    expect((await downloads({ HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1' }).text({ url: `${origin}/x` })).body).toBe('direct');
  });
});

describe('file', () => {
  test('writes only what has the digest', async () => {
    handler = answer(200, 'the wheel');
    const target = path.join(directory, 'new', 'kit.whl');
    await downloads().file({ url: `${origin}/kit.whl` }, target, { sha256: sha256('the wheel') });
    expect(readFileSync(target, 'utf8')).toBe('the wheel');
  });

  test('leaves what was there, and nothing beside it, when the digest is another one', async () => {
    handler = answer(200, 'another wheel');
    const target = path.join(directory, 'kit.whl');
    writeFileSync(target, 'old');
    await expect(downloads().file({ url: `${origin}/kit.whl` }, target, { sha256: sha256('the wheel') })).rejects.toMatchObject({
      code: 'checksum-mismatch',
    });
    expect(readFileSync(target, 'utf8')).toBe('old');
    expect(readdirSync(directory)).toEqual(['kit.whl']);
    expect(requests).toHaveLength(1);
  });

  test('fetches again what broke off', async () => {
    handler = (request, response) => {
      if (requests.length === 1) {
        response.writeHead(200, { 'content-length': '9' });
        response.write('the ', () => request.socket.destroy());
      } else answer(200, 'the wheel')(request, response);
    };
    const target = path.join(directory, 'kit.whl');
    await downloads().file({ url: `${origin}/kit.whl` }, target, { sha256: sha256('the wheel') });
    expect(readFileSync(target, 'utf8')).toBe('the wheel');
  });

  test('what never comes whole is a failed download', async () => {
    handler = (request, response) => {
      response.writeHead(200, { 'content-length': '9' });
      response.write('the ', () => request.socket.destroy());
    };
    const target = path.join(directory, 'kit.whl');
    await expect(downloads().file({ url: `${origin}/kit.whl` }, target, { sha256: sha256('the wheel') })).rejects.toMatchObject({
      code: 'download-failed',
    });
    expect(existsSync(target)).toBe(false);
  });
});

describe('file: addresses', () => {
  test('a folder stands for its index.html, links are relative to it', async () => {
    mkdirSync(path.join(directory, 'simple', 'kit'), { recursive: true });
    writeFileSync(path.join(directory, 'simple', 'kit', 'index.html'), 'links');
    const url = pathToFileURL(path.join(directory, 'simple', 'kit')).href;
    for (const spelling of [url, `${url}/`]) {
      expect(await downloads().text({ url: spelling })).toEqual({ body: 'links', contentType: '', finalUrl: `${url}/index.html` });
    }
  });

  test('are copied with the same proof', async () => {
    writeFileSync(path.join(directory, 'kit.whl'), 'the wheel');
    const request = { url: pathToFileURL(path.join(directory, 'kit.whl')).href };
    const target = path.join(directory, 'copy.whl');
    await downloads().file(request, target, { sha256: sha256('the wheel') });
    expect(readFileSync(target, 'utf8')).toBe('the wheel');
    await expect(downloads().file(request, target, { sha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'checksum-mismatch' });
  });

  test('that lead nowhere are not found', async () => {
    const url = pathToFileURL(path.join(directory, 'nowhere')).href;
    await expect(downloads().text({ url })).rejects.toMatchObject({ code: 'download-not-found' });
    await expect(downloads().file({ url }, path.join(directory, 'x'), { sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'download-not-found',
    });
  });
});

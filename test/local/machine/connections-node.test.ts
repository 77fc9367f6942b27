import '../../allow-network';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { nodeConnections } from '../../../local/machine/connections-node';

async function listening(host: string, port = 0) {
  const server = createServer((socket) => socket.destroy()).listen(port, host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => new Promise((resolve) => server.close(resolve)) };
}

test.each(['127.0.0.1', '::1'])('a program that listens at %s answers', async (host) => {
  const server = await listening(host);
  expect(await nodeConnections.answers(server.port, 1_000)).toBe(true);
  await server.close();
});

test('a port that nobody has does not, once the time is over', async () => {
  const server = await listening('127.0.0.1');
  await server.close();
  const startedAtMs = performance.now();
  expect(await nodeConnections.answers(server.port, 200)).toBe(false);
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
});

test('one that comes late is waited for', async () => {
  const first = await listening('127.0.0.1');
  await first.close();
  const answering = nodeConnections.answers(first.port, 20_000);
  const server = await listening('127.0.0.1', first.port);
  expect(await answering).toBe(true);
  await server.close();
});

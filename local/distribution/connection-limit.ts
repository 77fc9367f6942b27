/**
 * Owns how many connections one address may hold at a time: whoever opens them and says nothing keeps no one else from the gate.
 * Enough for a hundred downloads of everybody behind one NAT.
 */
import type { Server } from 'node:net';

/** Of one address, in IPv6 of one network: its owner has all the addresses of it. */
const MOST_OF_ONE = 256;

/** What is too much is closed as soon as it comes. */
export function limitConnections(server: Server, most = MOST_OF_ONE): void {
  const held = new Map<string, number>();
  server.on('connection', (socket) => {
    const caller = networkOf(socket.remoteAddress ?? '');
    const count = (held.get(caller) ?? 0) + 1;
    held.set(caller, count);
    socket.once('close', () => {
      const left = (held.get(caller) ?? 1) - 1;
      if (left === 0) held.delete(caller);
      else held.set(caller, left);
    });
    if (count > most) socket.destroy();
  });
}

/** Of IPv6 the first 64 bits, which one subscriber has at least (RFC 6177); as the system spells them. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - groups.length - behind.length;
  return [...groups, ...Array.from({ length: zeros }, () => '0'), ...behind].slice(0, 4).join(':');
}

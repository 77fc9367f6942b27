import { EventEmitter } from 'node:events';
import type { Server } from 'node:net';
import { limitConnections } from '../../../local/distribution/connection-limit';

function limited(most: number) {
  const server = new EventEmitter();
  limitConnections(server as Server, most);
  const connect = (remoteAddress: string) => {
    const socket = Object.assign(new EventEmitter(), {
      remoteAddress,
      isCut: false,
      destroy() {
        socket.isCut = true;
        socket.emit('close');
      },
    });
    server.emit('connection', socket);
    return socket;
  };
  return { connect };
}

test('what one address holds too much is cut, and another has its own', () => {
  const { connect } = limited(2);
  const [first, second, third] = ['192.0.2.1', '192.0.2.1', '192.0.2.1'].map(connect);
  expect([first?.isCut, second?.isCut, third?.isCut]).toEqual([false, false, true]);
  expect(connect('192.0.2.2').isCut).toBe(false);
  first?.emit('close');
  expect(connect('192.0.2.1').isCut).toBe(false);
  expect(connect('192.0.2.1').isCut).toBe(true);
});

test.each([
  ['2001:db8:0:7::1', '2001:db8:0:7:ffff:ffff:ffff:ffff', true],
  ['2001:db8::1', '2001:db8::2:3', true],
  ['2001:db8:0:7::1', '2001:db8:0:8::1', false],
  ['::1', '::2', true],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
])('%s and %s are one caller: %s', (one, other, isOne) => {
  const { connect } = limited(1);
  connect(one);
  expect(connect(other).isCut).toBe(isOne);
});

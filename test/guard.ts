/**
 * Fails a test that starts a process or opens a connection, unless its file opted in.
 * A suite opts in by `import '../allow-processes'` or `'../allow-network'`; loopback counts as network.
 */
import childProcess from 'node:child_process';
import net from 'node:net';

interface Permissions {
  processes?: boolean;
  network?: boolean;
}

declare global {
  var slipwayTestPermissions: Permissions | undefined;
}

globalThis.slipwayTestPermissions = {};

const realSpawn = childProcess.spawn;
type Connect = (this: net.Socket, ...args: unknown[]) => net.Socket;
const realConnect = Reflect.get(net.Socket.prototype, 'connect') as Connect;

beforeAll(() => {
  jest.spyOn(childProcess, 'spawn').mockImplementation((...args: Parameters<typeof realSpawn>) => {
    if (globalThis.slipwayTestPermissions?.processes !== true)
      throw new Error(`this suite may not start '${String(args[0])}': import '../allow-processes' where it must`);
    return realSpawn(...args);
  });
  Reflect.set(net.Socket.prototype, 'connect', function (this: net.Socket, ...args: unknown[]) {
    if (globalThis.slipwayTestPermissions?.network !== true)
      throw new Error("this suite may not open connections: import '../allow-network' where it must");
    return realConnect.apply(this, args);
  });
});

afterAll(() => {
  jest.restoreAllMocks();
  Reflect.set(net.Socket.prototype, 'connect', realConnect);
});

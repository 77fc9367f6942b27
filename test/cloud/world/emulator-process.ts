/** Owns a program that a suite starts beside itself: a port for it, what it says, and its end with everything that it has started. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

export const HOST = '127.0.0.1';
const STOP_WITHIN_MS = 10_000;
const KEPT_LOG = 200_000;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Output {
  text(): string;
  /** Rejects with all that was said when the program ends before. */
  says(pattern: RegExp): Promise<void>;
}

/** @param title of the program, for the message */
export function collectOutput(child: ChildProcess, title: string): Output {
  let text = '';
  let check = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-KEPT_LOG);
      check();
    });
  }
  return {
    text: () => text,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        check = () => (pattern.test(text) ? resolve() : undefined);
        child.once('error', reject);
        child.once('close', (code) => reject(new Error(`${title} ended with ${code} before it was ready\n${text}`)));
        check();
      }),
  };
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'close');
    killGroup(child, 'SIGTERM');
    const timer = setTimeout(() => killGroup(child, 'SIGKILL'), STOP_WITHIN_MS);
    await closed;
    clearTimeout(timer);
  }
  killGroup(child, 'SIGKILL');
}

export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

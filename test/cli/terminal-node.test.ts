import { once } from 'node:events';
import { nodeTerminal } from '../../cli/terminal-node';
import { EXIT } from '../../core/slipway-error';

const listenersBefore = { stdout: process.stdout.listeners('error'), stderr: process.stderr.listeners('error') };

/** Ends are told instead of made. */
function watchExit(): { readonly codes: unknown[] } {
  const codes: unknown[] = [];
  jest.spyOn(process, 'exit').mockImplementation((code) => {
    codes.push(code);
    process.emit('slipway-test-exit' as never);
    return undefined as never;
  });
  return { codes };
}

afterEach(() => {
  jest.restoreAllMocks();
  for (const name of ['stdout', 'stderr'] as const) {
    for (const listener of process[name].listeners('error')) {
      if (!listenersBefore[name].includes(listener)) process[name].off('error', listener as () => void);
    }
  }
});

const failure = (code: string) => Object.assign(new Error(`${code}: what the system says, write`), { code });

test('a reader that went away ends the command with the exit code that it reached', async () => {
  const { codes } = watchExit();
  nodeTerminal({});
  const ended = once(process, 'slipway-test-exit');
  process.stdout.emit('error', failure('EPIPE'));
  expect(codes).toEqual([]); // What the command still had to say about its end comes first.
  await ended;
  expect(codes).toEqual([undefined]);
});

test.each([
  ['ENOSPC', 'disk-full', EXIT.unavailable],
  ['EIO', 'io-failed', EXIT.unavailable],
])('output that is lost by %s is a failure', (errno, code, exitCode) => {
  const { codes } = watchExit();
  const noted = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  nodeTerminal({});
  process.stdout.emit('error', failure(errno));
  expect(codes).toEqual([exitCode]);
  expect(noted.mock.calls.join('')).toContain(`[${code}]`);
});

test('notes that nobody reads end nothing', () => {
  const { codes } = watchExit();
  nodeTerminal({});
  process.stderr.emit('error', failure('EPIPE'));
  expect(codes).toEqual([]);
});

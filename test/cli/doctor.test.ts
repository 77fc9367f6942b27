import { command } from '../../cli/commands/doctor';
import type { CliContext } from '../../cli/context';
import type { Host } from '../../core/host/host';

const without: Host = {
  platform: 'linux-x86_64',
  cpuCount: 2,
  glibc: '2.36',
  pythons: [{ path: '/usr/bin/python3', version: '3.12.1', provider: 'system', hasHeaders: true }],
  distribution: ['debian'],
};
const host: Host = { ...without, cCompiler: { path: '/usr/bin/gcc', kind: 'gcc', version: '12.2.0' } };
const run = (seen: Host) =>
  command.run(
    {
      host: (version?: string) =>
        version === undefined ? Promise.resolve(seen) : Promise.reject(new Error('everything is to be looked for')),
    } as unknown as CliContext,
    [],
    {},
  );

test('a host that can build: exit 0, every line in its place', async () => {
  const { text, exitCode } = await run(host);
  expect(exitCode).toBe(0);
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      'ok       platform    linux-x86_64, 2 CPUs',
      'ok       C compiler  gcc 12.2.0, /usr/bin/gcc',
      '                     install it with: sudo apt-get install -y ccache',
    ]),
  );
  expect(text).toMatch(/\n\nthis machine builds linux-x86_64$/);
});

test('one that cannot: exit 7, the lack by name, the same for --json', async () => {
  const { text, exitCode, data } = await run(without);
  expect(exitCode).toBe(7);
  expect(text).toMatch(/^missing {2}C compiler .*\n {21}install it with: sudo apt-get install -y gcc libc6-dev$/m);
  expect(text).toMatch(/cannot build linux-x86_64 yet: C compiler missing$/);
  expect(data).toMatchObject({
    canBuild: false,
    host: without,
    items: expect.arrayContaining([expect.objectContaining({ name: 'C compiler', state: 'missing' })]) as unknown,
  });
});

import { command } from '../../cli/commands/doctor';
import type { CliContext } from '../../cli/context';
import type { DeploymentConfig } from '../../core/deployment/deployment-config';
import type { DeploymentFacts } from '../../core/deployment/deployment-examination';
import type { DeploymentPlace } from '../../core/deployment/deployment-place';
import type { Host } from '../../core/host/host';
import { SlipwayError, type ErrorCode } from '../../core/slipway-error';
import { createNodeFiles } from '../../local/machine/files-node';

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
      globals: { target: 'local' },
      workingDirectory: '/',
      files: () => Promise.resolve(createNodeFiles()),
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

describe('with --target aws', () => {
  const asked: DeploymentPlace[] = [];
  const examine = (facts: Partial<DeploymentFacts>) =>
    command.run(
      {
        globals: { target: 'aws', stage: 'dev', profile: 'release' },
        workingDirectory: '/',
        files: () => Promise.resolve(createNodeFiles()),
        deployer: (place: DeploymentPlace) => {
          asked.push(place);
          return Promise.resolve({
            examine: () => Promise.resolve({ stage: place.stage, clientVersion: '1.0.0', problems: {}, ...facts }),
          });
        },
      } as unknown as CliContext,
      [],
      {},
    );

  test('the deployment is looked at, and this machine is not', async () => {
    const credentials = {
      account: '111122223333',
      arn: 'arn:aws:iam::111122223333:user/ada',
      source: "profile 'release', by its access key",
    };
    const { text, exitCode, data } = await examine({ region: 'eu-central-1', credentials, config: { platforms: {} } as DeploymentConfig });
    expect(asked.at(-1)).toEqual({ stage: 'dev', profile: 'release' });
    expect(exitCode).toBe(0);
    expect(text.split('\n')[1]).toBe(
      "ok       credentials of account 111122223333, arn:aws:iam::111122223333:user/ada, from profile 'release', by its access key",
    );
    expect(data).toMatchObject({ stage: 'dev', region: 'eu-central-1', credentials });
  });

  test.each<[ErrorCode, 'credentials' | 'deployment' | 'calls', number]>([
    ['credentials-missing', 'credentials', 8],
    ['credentials-expired', 'credentials', 8],
    ['deployment-not-found', 'deployment', 8],
    ['deployment-mismatch', 'deployment', 8],
    ['access-denied', 'calls', 5],
    ['service-unavailable', 'credentials', 9],
  ])('%s is said by its code, with what to do, and decides the exit code', async (code, subject, exit) => {
    const problem = new SlipwayError(code, 'what is wrong', { hint: 'what to do' });
    const { text, exitCode } = await examine({ problems: { [subject]: problem } });
    expect(exitCode).toBe(exit);
    expect(text).toBe(
      `missing  ${subject.padEnd(11)} what is wrong [${code}]\n${' '.repeat(21)}what to do\n\nstage dev takes no builds from here: see ${subject} above`,
    );
  });
});

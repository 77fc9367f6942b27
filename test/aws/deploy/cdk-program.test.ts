/** Running the CDK: which program, on which app, in which environment, and what a failure says. */
import path from 'node:path';
import { runCdk } from '../../../aws/deploy/cdk-program';
import { parseSettings } from '../../../core/deployment/settings-text';
import type { ProcessRequest, ProcessResult } from '../../../core/ports/processes';

const settings = parseSettings({ stage: 'dev', platforms: { 'linux-x86_64': {} } });
const directory = path.join(path.sep, 'opt', 'sl ip', 'dist');

/** A folder for each run alone. */
const OUTPUT = path.join(path.sep, 'tmp', 'slipway-cdk-1');

async function run(result: Partial<ProcessResult>) {
  const requests: ProcessRequest[] = [];
  const folders: string[] = [];
  let shown = '';
  const done = { exitCode: 0, signal: null, isTimedOut: false, stdout: '', stderr: '', durationMs: 1, ...result };
  const processes = {
    run: (request: ProcessRequest) => {
      requests.push(request);
      expect(folders).toEqual([OUTPUT]);
      request.onOutput?.('stderr', Buffer.from('Slipway-dev-Builds: déploying', 'utf8').subarray(0, 21));
      request.onOutput?.('stderr', Buffer.from('Slipway-dev-Builds: déploying', 'utf8').subarray(21));
      return Promise.resolve(done);
    },
  };
  const ran = runCdk(
    {
      processes: processes as never,
      files: {
        makeTemporaryDirectory: () => Promise.resolve(OUTPUT).finally(() => folders.push(OUTPUT)),
        remove: (folder) => Promise.resolve(void folders.splice(folders.indexOf(folder), 1)),
      },
      environment: { PATH: '/bin', AWS_REGION: 'us-east-1' },
      programDirectory: directory,
      nodePath: '/usr/bin/node',
      write: (text) => void (shown += text),
    },
    {
      args: ['deploy', '--all'],
      settings,
      region: 'eu-central-1',
      account: '111122223333',
      profile: 'admin',
      failure: 'deploy-failed',
    },
  );
  // Whatever came of it.
  await ran.catch(() => undefined);
  expect(folders).toEqual([]);
  await ran;
  return { request: requests[0], shown };
}

test('the pinned program runs on the app of this package, with account and region fixed', async () => {
  const { request, shown } = await run({});
  expect(request?.command).toBe('/usr/bin/node');
  expect(request?.args).toEqual([
    path.join(directory, '..', 'node_modules', 'aws-cdk', 'bin', 'cdk'),
    'deploy',
    '--all',
    '--app',
    `"/usr/bin/node" "${path.join(directory, 'app.mjs')}" `,
    '--output',
    OUTPUT,
    '--profile',
    'admin',
  ]);
  expect(request?.env).toMatchObject({
    CDK_DEFAULT_ACCOUNT: '111122223333',
    CDK_DEFAULT_REGION: 'eu-central-1',
    AWS_REGION: 'eu-central-1',
    PATH: '/bin',
  });
  // What was judged is what is deployed: read again it is the same.
  expect(parseSettings(JSON.parse(request?.env.SLIPWAY_DEPLOYMENT_JSON ?? ''))).toEqual(settings);
  expect(shown).toBe('Slipway-dev-Builds: déploying');
});

test.each([
  [
    { exitCode: 1, stderr: 'lots\n\n❌ Slipway-dev-Control failed: no rights\n' },
    /ended with exit code 1: ❌ Slipway-dev-Control failed: no rights/,
  ],
  [{ exitCode: null, signal: 'SIGKILL' }, /ended with signal SIGKILL/],
])('%j is told with the last line that the CDK said', async (result, message) => {
  await expect(run(result)).rejects.toMatchObject({ code: 'deploy-failed', message: expect.stringMatching(message) as string });
});

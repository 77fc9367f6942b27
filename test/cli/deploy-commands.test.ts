/** `deploy` and `destroy`: which settings they take, what they refuse before anything is called, and what they tell. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CliContext } from '../../cli/context';
import { runCli } from '../../cli/main';
import type { DeployOutcome, DeployRequest, DestroyOutcome, DestroyRequest } from '../../core/deployment/deployer';
import type { DeploymentPlace } from '../../core/deployment/deployment-place';
import { createNodeFiles } from '../../local/machine/files-node';
import { createKeepingTerminal } from '../fakes/terminal';
import { deploymentConfig } from '../fakes/deployment-config';

let directory: string;
let asked: { readonly place: DeploymentPlace; readonly deploy?: DeployRequest; readonly destroy?: DestroyRequest }[];

const config = deploymentConfig({ stage: 'dev' });
const deployed: DeployOutcome = {
  config,
  quotas: [{ quota: 'CodeBuild: Concurrently running builds for Linux/Medium environment', value: 1, remedy: 'ask for more' }],
};
const destroyed: DestroyOutcome = {
  cancelledBuilds: ['0123456789abcdef'],
  removedParameters: 3,
  removedObjects: 12,
  retained: [{ what: "the access logs in 'logs'", command: 'aws s3 rb --force s3://logs' }],
};

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'slipway-deploy-'));
  asked = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function slipway(...argv: readonly string[]) {
  const terminal = createKeepingTerminal();
  const exitCode = await runCli({
    argv,
    version: '1.0.0',
    terminal,
    environment: {},
    context: (globals) =>
      ({
        terminal,
        globals,
        environment: {},
        workingDirectory: directory,
        files: () => Promise.resolve(createNodeFiles()),
        deployer: (place: DeploymentPlace) =>
          Promise.resolve({
            deploy: (deploy: DeployRequest) => {
              asked.push({ place, deploy });
              return Promise.resolve(deployed);
            },
            destroy: (destroy: DestroyRequest) => {
              asked.push({ place, destroy });
              return Promise.resolve(destroyed);
            },
          }),
      }) as unknown as CliContext,
  });
  return { exitCode, out: terminal.out, err: terminal.err };
}

test('the settings of the folder are deployed; what is too little in the account is said', async () => {
  writeFileSync(path.join(directory, 'slipway-deployment.yaml'), 'stage: dev\nregion: eu-central-1\nplatforms: { linux-x86_64: {} }\n');
  const ran = await slipway('deploy', '--profile', 'admin');
  expect(ran.exitCode).toBe(0);
  expect(ran.out).toContain('stage dev in eu-central-1 of account 111122223333 runs slipway 1.0.0');
  expect(ran.out).toContain('slipway start-build --target aws --stage dev --region eu-central-1');
  expect(ran.err).toContain('warning: CodeBuild: Concurrently running builds for Linux/Medium environment is 1: ask for more');
  expect(asked).toEqual([
    {
      place: { stage: 'dev', region: 'eu-central-1', profile: 'admin' },
      deploy: {
        settings: expect.objectContaining({ stage: 'dev', concurrentJobs: 10 }) as unknown,
        bootstrap: false,
        isApproved: false,
      },
    },
  ]);
});

test('without a file the defaults are, and options say stage and region', async () => {
  expect((await slipway('deploy', '--stage', 'test', '--region', 'us-east-1', '--bootstrap', '--yes')).exitCode).toBe(0);
  expect(asked).toMatchObject([
    { place: { stage: 'test', region: 'us-east-1' }, deploy: { settings: { stage: 'test' }, bootstrap: true, isApproved: true } },
  ]);
});

test.each<[string, string, readonly string[], number, string]>([
  ['a region without Windows machines', 'region: eu-north-1\n', ['deploy'], 2, "the nearest that has it is 'eu-central-1'"],
  ['a key that is none', 'stages: dev\n', ['deploy'], 2, "did you mean 'stage'"],
  ['another stage than the file says', 'stage: dev\n', ['deploy', '--stage', 'prod'], 2, "--stage is 'prod', and the settings say 'dev'"],
  ['a settings file that is not there', '', ['deploy', '--settings', 'nope.yaml'], 3, "there is no file 'nope.yaml'"],
  ['a removal that is not confirmed', 'stage: dev\n', ['destroy'], 2, 'slipway destroy --stage dev --confirm dev'],
  ['a removal confirmed for another stage', 'stage: dev\n', ['destroy', '--confirm', 'prod'], 2, "of stage 'dev'"],
])('%s is refused before anything is called', async (_what, text, argv, exitCode, told) => {
  writeFileSync(path.join(directory, 'slipway-deployment.yaml'), text);
  const ran = await slipway(...argv);
  expect(ran.exitCode).toBe(exitCode);
  expect(ran.err).toContain(told);
  expect(asked).toEqual([]);
});

test('a removal tells what went and what is kept, with the command that removes it', async () => {
  const ran = await slipway('destroy', '--stage', 'dev', '--region', 'eu-central-1', '--confirm', 'dev');
  expect(ran.exitCode).toBe(0);
  expect(ran.out).toBe(
    'stage dev is gone: 12 versions of files, 3 parameters of applications, 1 builds ended\n' +
      "kept: the access logs in 'logs'; remove it with aws s3 rb --force s3://logs\n",
  );
  expect(asked).toMatchObject([{ place: { stage: 'dev', region: 'eu-central-1' }, destroy: { settings: { stage: 'dev' } } }]);
});

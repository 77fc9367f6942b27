/** What a deployment keeps for everybody: builds that any machine can fetch, and the parameters that people and scripts read. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { CALLED_FUNCTIONS } from '../../core/api/call';
import type { RunOptions } from './world/deployment';
import { stackNames } from './world/emulator-call';
import { useLiveStage } from './world/live-stage';

const live = useLiveStage();

/** A machine of somebody else: nothing of ours is on it. */
const colleague = mkdtempSync(path.join(tmpdir(), 'slipway-colleague-'));
const fromElsewhere: RunOptions = {
  cwd: colleague,
  environment: { SLIPWAY_HOME: path.join(colleague, 'home'), HOME: colleague, USER: 'grace' },
};
afterAll(() => rmSync(colleague, { recursive: true, force: true }));

test("a colleague's build is seen, read and fetched from another machine, its checksums enforced", async () => {
  const { deployment } = live;
  const buildId = await live.built(live.project({ name: 'shared' }));
  expect(await deployment.call(['status', buildId.slice(0, 6)], fromElsewhere)).toMatchObject({ build: { buildId, requestedBy: 'ada' } });
  expect((await deployment.call<{ log: string }>(['logs', buildId], fromElsewhere)).log).toContain('Compile fieldkit');

  const into = path.join(colleague, 'fetched');
  const fetched = await deployment.call(['download', 'latest', '--app', 'shared', '--into', into], fromElsewhere);
  const artifacts = (await deployment.record(buildId)).jobs['linux-x86_64']?.artifacts ?? [];
  expect(fetched).toMatchObject({ buildId, files: artifacts.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes })) });
  expect(readdirSync(into).sort()).toEqual(artifacts.map(({ file }) => file).sort());
  for (const { file, sha256 } of artifacts) {
    expect(
      createHash('sha256')
        .update(readFileSync(path.join(into, file)))
        .digest('hex'),
    ).toBe(sha256);
  }
  expect((await deployment.run(['verify', buildId], fromElsewhere)).exitCode).toBe(0);
});

test('the configuration says what was deployed, in one parameter that is no secret', async () => {
  const { deployment, world } = live;
  expect((await deployment.parameter('/slipway/prod/config'))?.type).toBe('String');
  const { config } = deployment;
  expect(config).toMatchObject({ schemaVersion: 1, stage: 'prod', region: world.cloud.region, account: world.cloud.account });
  expect(await stackNames(world.cloud)).toEqual(
    expect.arrayContaining(['CDKToolkit', 'Slipway-prod-Storage', 'Slipway-prod-Builds', 'Slipway-prod-Control']),
  );
  await world.s3.send(new HeadBucketCommand({ Bucket: config.bucket }));
  const { Functions = [] } = await world.lambda.send(new ListFunctionsCommand({}));
  const deployed = Functions.map(({ FunctionName }) => FunctionName);
  for (const name of CALLED_FUNCTIONS) expect(deployed).toContain(config.functions[name]);
  expect(Object.keys(config.platforms)).toEqual(['linux-x86_64', 'linux-arm64', 'windows-x86_64']);
});

test('the latest build is the newest that succeeded, whatever fails after it', async () => {
  const { deployment } = live;
  const parameter = () => deployment.parameter('/slipway/prod/apps/newest/latest-build');
  expect(await parameter()).toBeUndefined();
  const project = live.project({ name: 'newest' });
  await live.built(project);
  project.put('main.py', 'print("another")\n');
  const buildId = await live.built(project);
  const failing = live.project({ name: 'newest', mood: 'fail' });
  await live.built(failing);

  const { createdAt } = await deployment.record(buildId);
  const latest = await parameter();
  expect({ ...latest, value: JSON.parse(latest?.value ?? '') as unknown }).toEqual({
    type: 'String',
    value: { schemaVersion: 1, name: 'newest', buildId, createdAt },
  });
  expect(await deployment.call(['download', '--app', 'newest', '--into', path.join(colleague, 'newest')])).toMatchObject({ buildId });
});

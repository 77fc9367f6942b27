/** The smoke run of docs/aws-smoke.md against an emulator: what it can confirm is confirmed, what it cannot is said with its reason. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SMOKE_STEPS } from '../../scripts/smoke/smoke-steps';
import { startCloudWorld, type CloudWorld } from './world/cloud-world';
import { ROOT } from './world/command-line';
import { deployStage, type Deployment } from './world/deployment';
import { stackNames } from './world/emulator-call';

const STAGE = 'smoke';
const SETTINGS = 'platforms: { linux-x86_64: {} }\n';
let world: CloudWorld;
let deployment: Deployment & { remove(): void };
let home: string;

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'slipway-smoke-test-'));
  writeFileSync(path.join(home, 'settings.yaml'), `stage: ${STAGE}\n${SETTINGS}`);
  world = await startCloudWorld();
  // Once before the run, so that the stand-in for CodeBuild knows the projects; the run's own deployment then changes nothing.
  deployment = await deployStage(world, STAGE, SETTINGS);
});
afterAll(async () => {
  deployment?.remove();
  await world?.stop();
  rmSync(home, { recursive: true, force: true });
});

function smoke(
  ...args: readonly string[]
): Promise<{ readonly exitCode: number; readonly lines: readonly string[]; readonly stderr: string }> {
  const { cloud, standIn } = world;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(ROOT, 'dist/smoke-aws.mjs'), '--stage', STAGE, ...args], {
      cwd: home,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: home,
        NODE_NO_WARNINGS: '1',
        ...cloud.environment,
        AWS_ENDPOINT_URL_CODEBUILD: standIn.url,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ exitCode: code ?? -1, lines: stdout.trimEnd().split('\n'), stderr });
    });
  });
}

test('an account that nobody confirmed is left alone', async () => {
  const ran = await smoke('--confirm', '999999999999');
  expect(ran).toMatchObject({ exitCode: 2, lines: [''] });
  expect(ran.stderr).toContain(`error: the credentials are of account '${world.cloud.account}', confirmed is '999999999999'`);
  expect((await smoke('--confirm', world.cloud.account, '--only', 'deploi')).stderr).toContain("there is no step 'deploi'");
});

test('every step is confirmed, or skipped with the reason; the stage is gone at the end', async () => {
  const { account } = world.cloud;
  const ran = await smoke('--confirm', account, '--settings', path.join(home, 'settings.yaml'));
  const [first = '', ...lines] = ran.lines;
  expect(first).toBe(`stage ${STAGE} in ${world.cloud.region} of account ${account}, an emulator`);
  const outcomes = SMOKE_STEPS.map(({ name, notInEmulator }, at) => {
    const line = lines.find((text) => text.startsWith(`${String(at + 1).padStart(2)}/${SMOKE_STEPS.length} ${name}: `)) ?? '';
    expect([name, line]).toEqual([name, expect.stringMatching(notInEmulator === undefined ? /: ok \(\d+ s\): \S/ : /: skipped: \S/)]);
    if (notInEmulator !== undefined) expect(line).toContain(notInEmulator);
    return notInEmulator === undefined;
  });
  const ok = outcomes.filter((isRun) => isRun).length;
  expect(lines.at(-1)).toMatch(
    new RegExp(`^smoke: ${ok} ok, 0 failed, ${SMOKE_STEPS.length - ok} skipped, 0 to look at; builds cost about \\$0\\.\\d+$`),
  );
  expect(ran.exitCode).toBe(0);
  expect((await stackNames(world.cloud)).filter((name) => name.startsWith(`Slipway-${STAGE}-`))).toEqual([]);
});

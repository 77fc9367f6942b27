/** The app as people run it: `npx cdk synth` in a clone, and as `slipway deploy` hands it its settings. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSettings } from '../../core/deployment/settings-text';
import type { Template } from '../lib/synthesized-stage';
import '../allow-processes';

const ROOT = path.join(__dirname, '../..');
const SETTINGS = 'stage: staging\nplatforms: { linux-x86_64: {} }\n';

let work: string;
beforeAll(() => {
  work = mkdtempSync(path.join(tmpdir(), 'slipway-app-'));
});
afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

interface Synth {
  readonly exitCode: number;
  readonly stderr: string;
  /** The text of each template, by its file. */
  readonly templates: Readonly<Record<string, string>>;
}

/** By cdk.json alone, as `npx cdk synth` does, with the environment of somebody who has no credentials. */
function cdkSynth(name: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Synth> {
  const out = path.join(work, name);
  const cdk = path.join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: work,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CDK_DISABLE_VERSION_CHECK: '1',
    ...environment,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [cdk, 'synth', '--quiet', '--no-notices', '--output', out, ...args],
      { cwd: ROOT, env },
      (error, _, stderr) => {
        const files = error === null ? readdirSync(out).filter((file) => file.endsWith('.template.json')) : [];
        const templates = Object.fromEntries(files.map((file) => [file, readFileSync(path.join(out, file), 'utf8')]));
        resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stderr, templates });
      },
    );
  });
}

test('the settings of a file and of SLIPWAY_DEPLOYMENT_JSON give the same bytes, with the real bundles in them', async () => {
  const file = path.join(work, 'slipway-deployment.yaml');
  writeFileSync(file, SETTINGS);
  const place = { AWS_REGION: 'eu-west-3' };
  const byFile = await cdkSynth('by-file', ['-c', `settings=${file}`], place);
  expect(byFile).toMatchObject({ exitCode: 0 });
  const SLIPWAY_DEPLOYMENT_JSON = JSON.stringify(parseSettings({ stage: 'staging', platforms: { 'linux-x86_64': {} } }));
  const byJson = await cdkSynth('by-json', [], { ...place, SLIPWAY_DEPLOYMENT_JSON });
  expect(byJson).toMatchObject({ exitCode: 0 });
  expect(Object.keys(byFile.templates).sort()).toEqual(
    ['Builds', 'Control', 'Storage'].map((part) => `Slipway-staging-${part}.template.json`),
  );
  expect(byJson.templates).toEqual(byFile.templates);
  const { Resources } = JSON.parse(byFile.templates['Slipway-staging-Control.template.json'] ?? '') as Template;
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const config = Object.values(Resources).find(({ Type }) => Type === 'AWS::SSM::Parameter');
  expect(JSON.stringify(config?.Properties?.Value).replaceAll('\\', '')).toContain(`"slipwayVersion":"${version}"`);
});

test('what cannot be deployed is refused in two lines, and no template is written', async () => {
  const refused = await cdkSynth('refused', [], { AWS_REGION: 'eu-west-3', SLIPWAY_DEPLOYMENT_JSON: '{}' });
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain("the nearest that has it is 'eu-central-1'");
  expect(refused.stderr).toMatch(/^hint: \S/m);
  expect(refused.stderr).not.toContain('    at ');
  expect(refused.templates).toEqual({});
});

test('a settings file that is not there is named', async () => {
  const refused = await cdkSynth('missing', [], { AWS_REGION: 'eu-central-1', SLIPWAY_DEPLOYMENT: '/nowhere/settings.yaml' });
  expect(refused.stderr).toContain("error: there is no '/nowhere/settings.yaml'");
  expect(refused.stderr).toContain('hint: name the settings with -c settings=FILE or SLIPWAY_DEPLOYMENT');
});

/** A real build in the deployed app: examples/fieldkit by Nuitka, with the deployed buildspec in bash and the deployed builder. */
import '../allow-processes';
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BuildManifest } from '../../core/build/build-manifest';
import type { BuildRecord } from '../../core/build/build-record';
import { ROOT } from './world/command-line';
import { useLiveStage } from './world/live-stage';

const work = mkdtempSync(path.join(tmpdir(), 'slipway-fieldkit-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The example, but for its budgets of time: other suites run on this machine at the same moment, and that is no failure. */
const project = path.join(work, 'project');
cpSync(path.join(ROOT, 'examples', 'fieldkit'), project, { recursive: true });
const recipe = path.join(project, 'slipway.yaml');
writeFileSync(recipe, readFileSync(recipe, 'utf8').replace(/^ {2}(cold-start|build): .*\n/gm, ''));

/** The image has a Node that is too old: the buildspec fetches the pinned one from the npm registry, as it would in AWS. */
const imageTools = mkdtempSync(path.join(work, 'image-'));
writeFileSync(path.join(imageTools, 'node'), '#!/bin/sh\nexit 1\n');
chmodSync(path.join(imageTools, 'node'), 0o755);

/** `npm run` says which registry this machine uses. */
const { npm_config_registry: registry } = process.env;
const registries = registry === undefined ? '' : `registries: { npm: ${JSON.stringify(registry)} }\n`;
const live = useLiveStage('prod', `platforms: { linux-x86_64: {} }\n${registries}`, { imageTools });

test(
  'it is compiled, checked and packed in the cloud, and runs where it was downloaded',
  async () => {
    const { world, deployment, listener } = live;
    world.builder = 'deployed';
    const { build } = await deployment.call<{ build: BuildRecord }>(['start-build', '--platform', 'linux-x86_64'], { cwd: project });
    const { buildId } = build;

    const { log } = await deployment.call<{ log: string }>(['logs', buildId, '--follow']);
    const { status, message } = await listener.noticeOf(buildId);
    if (status !== 'succeeded') throw new Error(`${message}\n${log}`);
    expect(log).toContain('fetching Node ');

    await deployment.call(['download', buildId, '--into', work, '--unpack']);
    const manifest = JSON.parse(await deployment.objectText(`builds/${buildId}/manifest.json`)) as BuildManifest;
    const built = manifest.platforms['linux-x86_64'];
    expect(built?.steps.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    const [binary] = built?.binaries ?? [];
    expect(binary?.checks.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThanOrEqual(15);
    expect(binary?.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);

    const program = path.join(work, 'fieldkit-linux-x86_64', 'fieldkit');
    expect(await output(program, ['--version'])).toBe(`fieldkit ${build.version}\n`);
    expect(JSON.parse(await output(program, ['info', '--json']))).toMatchObject({ cpu_count: expect.any(Number) as number });
  },
  30 * 60_000,
);

/** Of a program that sees nothing of this machine's Python. */
function output(program: string, args: readonly string[]): Promise<string> {
  expect(existsSync(program)).toBe(true);
  return new Promise((resolve, reject) => {
    let stdout = '';
    const child = spawn(program, args, { cwd: work, env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.on('error', reject);
    child.on('close', () => resolve(stdout));
  });
}

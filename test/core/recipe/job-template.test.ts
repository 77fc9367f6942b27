import { JobTemplateSchema } from '../../../core/build/build-request';
import { jobTemplates } from '../../../core/recipe/job-template';
import { parseRecipe } from '../../../core/recipe/recipe-text';

const RECIPE = `
schema: 1
name: kit
title: Kit
binaries:
  kit:
    python:
      script: kit
      dependencies: { lock: uv.lock, groups: [gui] }
      include: { package-data: [certifi], data: [{ from: a, to: b }], modules: [one] }
    overrides:
      windows-x86_64: { icon: kit.ico, console: false, python: { entry: win.py, include: { modules: [two] }, version: "3.11" } }
  store:
    node: { entry: server.mjs }
platforms: [windows-x86_64, linux-x86_64]
checks:
  - { binary: kit, run: [--version], stdout: "kit {version}", platforms: [linux-x86_64] }
  - { binary: store, args: ["{tmp}"], ready: { json: port, launches: 3 } }
  - { binary: store, script: checks/data.mjs, args: [--quick], platforms: [linux-x86_64] }
budgets: { archive: 1MB, glibc: "2.31", cold-start: 2s }
secrets: { B_TOKEN: { env: X }, A_TOKEN: { env: Y } }
`;
const templates = jobTemplates(parseRecipe(RECIPE, 'slipway.yaml'), { version: '1.4.0', distribution: 'kit-tools' });
const [linux, windows] = [templates['linux-x86_64'], templates['windows-x86_64']];

test('each platform of the recipe has a job that the schema knows', () => {
  expect(Object.keys(templates).sort()).toEqual(['linux-x86_64', 'windows-x86_64']);
  for (const template of Object.values(templates)) expect(JobTemplateSchema.parse(template)).toEqual(template);
});

test('overrides merge into maps, replace lists, and drop what they exclude', () => {
  expect(linux?.binaries[0]).toMatchObject({ console: true, python: { script: 'kit', version: '3.12', distribution: 'kit-tools' } });
  expect(windows?.binaries[0]).toMatchObject({ icon: 'kit.ico', console: false });
  const python = windows?.binaries[0]?.python;
  expect(python).toMatchObject({ entry: 'win.py', version: '3.11', dependencies: { lock: 'uv.lock', groups: ['gui'] } });
  expect(python?.include).toMatchObject({ modules: ['two'], packageData: ['certifi'], data: [{ from: 'a', to: 'b' }] });
  expect(python).not.toHaveProperty('script');
  expect(python).not.toHaveProperty('distribution');
});

test('checks are chosen by platform and keep what the builder fills in', () => {
  expect(windows?.checks.map(({ kind }) => kind)).toEqual(['ready']);
  expect(linux?.checks).toMatchObject([
    { kind: 'run', args: ['--version'], stdout: 'kit {version}', exitCode: 0, timeoutMs: 30_000 },
    { kind: 'ready', args: ['{tmp}'], jsonKey: 'port', withinMs: 10_000, launches: 3 },
    { kind: 'script', binary: 'store', script: 'checks/data.mjs', args: ['--quick'], env: {}, timeoutMs: 60_000 },
  ]);
});

test('words and units are resolved', () => {
  expect(linux?.package.format).toBe('tar.gz');
  expect(windows?.package.format).toBe('zip');
  expect(linux?.budgets).toEqual({ archiveBytes: 1_000_000, coldStartMs: 2_000, glibc: '2.31' });
  expect(windows?.budgets).toEqual({ archiveBytes: 1_000_000, coldStartMs: 2_000 });
  expect(linux?.secretNames).toEqual(['A_TOKEN', 'B_TOKEN']);
});

test('a key that says nothing is not there: templates are hashed', () => {
  expect(JSON.parse(JSON.stringify(linux))).toEqual(linux);
  expect(linux).not.toHaveProperty('publisher');
});

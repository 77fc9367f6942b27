import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { failure, success } from '../../core/envelope';
import { jobTemplates } from '../../core/recipe/job-template';
import { jsonSchemas } from '../../core/json-schemas';
import { RECIPE_DESCRIPTIONS } from '../../core/recipe/recipe-descriptions';
import { parseRecipe } from '../../core/recipe/recipe-text';
import { SlipwayError } from '../../core/slipway-error';

const root = path.join(__dirname, '../..');
const schemas = jsonSchemas();
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

const validators = new Map<string, ValidateFunction>();

function validator(name: string): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
  addFormats(ajv);
  const compiled = ajv.compile(JSON.parse(read(`schemas/${name}.schema.json`)) as object);
  validators.set(name, compiled);
  return compiled;
}

test('the schemas that ship are current', () => {
  expect(readdirSync(path.join(root, 'schemas')).sort()).toEqual(Object.keys(schemas).map((name) => `${name}.schema.json`));
  for (const [name, schema] of Object.entries(schemas)) expect(JSON.parse(read(`schemas/${name}.schema.json`))).toEqual(schema);
});

test.each(['fieldkit', 'tailer'])('the recipe of %s is valid', (example) => {
  const validate = validator('recipe');
  expect([validate(parse(read(`examples/${example}/slipway.yaml`))), validate.errors]).toEqual([true, null]);
});

const recipe = (change: string) => `
schema: 1
name: kit
binaries:
  kit: { python: { entry: a.py } }
platforms: [linux-x86_64]
${change}`;

test.each([
  ['nothing more', '', true],
  [
    'every kind of check',
    'checks: [{ binary: kit, run: [--help] }, { binary: kit, ready: { line: READY, within: 10s } }, { binary: kit, script: a.py, timeout: 5s }]',
    true,
  ],
  ['budgets', 'budgets: { archive: 50MB, cold-start: 1s, glibc: "2.28" }', true],
  ['an unknown key', 'nmae: x', false],
  ['a glibc that is a number', 'budgets: { glibc: 2.28 }', false],
  ['a size without a unit', 'budgets: { archive: "50" }', false],
  ['a check that does nothing', 'checks: [{ binary: kit }]', false],
  ['two ways to be ready', 'checks: [{ binary: kit, ready: { line: READY, json: port } }]', false],
  ['an unknown target', 'target: azure', false],
])('a recipe with %s', (_what, change, isValid) => {
  const text = recipe(change);
  expect(validator('recipe')(parse(text))).toBe(isValid);
  // The schema is made for editors; the parser must agree with it.
  const parsed = () => parseRecipe(text, 'slipway.yaml');
  if (isValid) expect(parsed()).toMatchObject({ name: 'kit' });
  else expect(parsed).toThrow('slipway.yaml:');
});

test.each([
  ['a partial override', '{ python: { entry: a.py }, overrides: { linux-x86_64: { icon: a.ico, python: { mode: onefile } } } }', true],
  ['an entry by platform', '{ python: {}, overrides: { linux-x86_64: { python: { entry: b.py } } } }', true],
  ['an unknown key in an override', '{ python: { entry: a.py }, overrides: { linux-x86_64: { icno: a.ico } } }', false],
  ['no entry', '{ python: {} }', false],
  ['two entries', '{ python: { entry: a.py, module: a } }', false],
  ['two languages', '{ python: { entry: a.py }, node: { entry: a.mjs } }', false],
])('a binary with %s', (_what, binary, isValid) => {
  const text = recipe('').replace('{ python: { entry: a.py } }', binary);
  expect(validator('recipe')(parse(text))).toBe(isValid);
  const parsed = () => parseRecipe(text, 'slipway.yaml');
  if (isValid) expect(parsed()).toMatchObject({ name: 'kit' });
  else expect(parsed).toThrow('slipway.yaml:');
});

test('a job made of a recipe is valid, and one with a stray key is not', () => {
  const template = jobTemplates(parseRecipe(read('examples/fieldkit/slipway.yaml'), 'slipway.yaml'), { version: '1.4.0' })['linux-x86_64'];
  const job = {
    ...template,
    buildId: '0123456789abcdef',
    attempt: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    platform: 'linux-x86_64',
    source: { sha256: 'a'.repeat(64), sizeBytes: 1, epochSeconds: 315532800, projectPath: '.' },
  };
  const validate = validator('job');
  expect([validate(job), validate.errors]).toEqual([true, null]);
  expect(validate({ ...job, stray: true })).toBe(false);
  expect(validate({ ...job, source: { ...job.source, sha256: 'short' } })).toBe(false);
});

test('both envelopes are valid, and a mixture is not', () => {
  const validate = validator('envelope');
  const bad = failure(new SlipwayError('recipe-invalid', 'wrong', { hint: 'mend it' }));
  expect(validate(success({ any: 'thing' }))).toBe(true);
  expect(validate(bad)).toBe(true);
  expect(validate({ ...bad, ok: true })).toBe(false);
});

test.each([
  [
    'download',
    {
      schemaVersion: 1,
      distId: '0123456789abcdef',
      grantId: '0000',
      file: 'kit.zip',
      address: '203.0.113.7',
      grantedAt: '2026-03-01T00:00:00.000Z',
      outcome: 'broken-off',
      sentBytes: 10,
      endedAt: '2026-03-01T00:00:01.000Z',
    },
    { outcome: 'perhaps' },
  ],
  [
    'distribution',
    {
      schemaVersion: 1,
      distId: '0123456789abcdef',
      name: 'kit',
      createdAt: '2026-01-01T00:00:00Z',
      expiresAt: '2026-01-02T00:00:00Z',
      allowedRanges: ['10.0.0.0/8'],
      link: 'gate',
      files: [{ file: 'a.zip', kind: 'file', sizeBytes: 1, sha256: 'a'.repeat(64), versionId: '1' }],
    },
    { link: 'carrier' },
  ],
  [
    'build-record',
    {
      schemaVersion: 1,
      buildId: '0123456789abcdef',
      requestId: '6f3bb8f2-5f0c-4c31-8d7a-0a6a3f0e3c11',
      name: 'kit',
      version: '1',
      createdAt: '2026-01-01T00:00:00Z',
      requestedBy: 'me',
      source: { sha256: 'a'.repeat(64), sizeBytes: 1, versionId: '1' },
      jobs: {
        'linux-x86_64': { status: 'queued', attempt: 1, nonce: '0'.repeat(32), isCancelRequested: false, cache: 'none', artifacts: [] },
      },
    },
    { jobs: { 'linux-x86_64': { status: 'lost' } } },
  ],
  [
    'build-manifest',
    {
      schemaVersion: 1,
      buildId: '0123456789abcdef',
      name: 'kit',
      version: '1',
      createdAt: '2026-01-01T00:00:00Z',
      source: { sha256: 'a' },
      signed: 'none',
      artifacts: [],
      platforms: {},
    },
    { signed: 'maybe' },
  ],
  [
    'report',
    {
      schemaVersion: 1,
      buildId: '0123456789abcdef',
      name: 'kit',
      version: '1',
      platform: 'linux-x86_64',
      attempt: 1,
      outcome: 'succeeded',
      startedAt: '2026-01-01T00:00:00Z',
      endedAt: '2026-01-01T00:00:01Z',
      source: { sha256: 'a'.repeat(64) },
      steps: [{ name: 'toolchain', outcome: 'done', seconds: 1.5 }],
      tools: [],
      binaries: [],
      warnings: [],
      artifacts: [],
      signed: 'none',
      cache: 'none',
    },
    { outcome: 'fine' },
  ],
])('a %s is valid, and a wrong one is not', (name, sample, wrong) => {
  const validate = validator(name);
  expect([validate(sample), validate.errors]).toEqual([true, null]);
  expect(validate({ ...sample, ...wrong })).toBe(false);
});

test('an editor has something to say about every key of slipway.yaml, and nothing about keys that are none', () => {
  const used = new Set<string>();
  const silent: string[] = [];
  const visit = (schema: unknown, place: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const { properties = {}, additionalProperties, items, anyOf = [], oneOf = [] } = schema as Record<string, Record<string, unknown>>;
    for (const [key, inner] of Object.entries(properties)) told(inner, place === '' ? key : `${place}.${key}`);
    if (typeof additionalProperties === 'object') told(additionalProperties, `${place}.*`, true);
    if (items !== undefined) visit(items, `${place}[]`);
    for (const inner of [...Object.values(anyOf), ...Object.values(oneOf)]) visit(inner, place);
  };
  const told = (inner: unknown, place: string, isOptional = false): void => {
    const row = place.replace('.overrides.*.', '.');
    const { description } = inner as { readonly description?: string };
    if (description === undefined ? !isOptional : description !== RECIPE_DESCRIPTIONS[row]) silent.push(place);
    if (description !== undefined) used.add(row);
    visit(inner, place);
  };
  visit(jsonSchemas().recipe, '');
  expect(silent).toEqual([]);
  expect(Object.keys(RECIPE_DESCRIPTIONS).filter((row) => !used.has(row))).toEqual([]);
});

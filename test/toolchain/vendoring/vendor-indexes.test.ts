import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ProcessRequest } from '../../../core/ports/processes';
import type { Registries } from '../../../core/host/registries';
import { createUvRunner } from '../../../toolchain/uv/uv-runner';
import { projectIndexes } from '../../../toolchain/vendoring/vendor-need';
import type { VendorRequest } from '../../../toolchain/vendoring/vendor-request';
import { resolveForTarget } from '../../../toolchain/vendoring/vendor-requirements';
import { inPipsOrder } from '../../../toolchain/vendoring/vendor-wheels';
import { jobPython } from '../../fakes/job-python';
import { createToolchainFixture, putUv, type ToolchainFixture } from '../toolchain-fixture';

let fixture: ToolchainFixture | undefined;
afterEach(() => fixture?.close());

const MACHINE = 'https://machine.example/s';
const uvIndex = '[[tool.uv.index]]\nname = "corp"\nurl = "https://corp.example/s"\nexplicit = true\n';
const poetrySource = '[[tool.poetry.source]]\nname = "old"\nurl = "https://old.example/s"\n';

/** @returns what uv was asked to resolve with */
async function resolve(pyproject: string, more: Readonly<Record<string, string>> = {}, lock?: string): Promise<ProcessRequest> {
  fixture = createToolchainFixture({
    environment: { UV_NO_CONFIG: '1', PIP_CONFIG_FILE: '/dev/null', PIP_EXTRA_INDEX_URL: MACHINE, ...more },
    answer: ({ args }) => {
      const at = args.indexOf('--output-file');
      if (at >= 0) writeFileSync(args[at + 1] ?? '', 'six==1.17.0\n');
      return {};
    },
  });
  putUv(fixture);
  const projectDirectory = path.join(fixture.directory, 'src');
  const staging = path.join(fixture.directory, 'staging');
  for (const folder of [projectDirectory, staging]) mkdirSync(folder);
  writeFileSync(path.join(projectDirectory, 'pyproject.toml'), pyproject);
  if (lock !== undefined) writeFileSync(path.join(projectDirectory, 'pylock.toml'), lock);
  const request: VendorRequest = {
    projectDirectory,
    vendorDirectory: path.join(fixture.directory, 'wheels'),
    python: jobPython({
      entry: 'main.py',
      dependencies: { extras: [], groups: [], ...(lock === undefined ? {} : { lock: 'pylock.toml' }) },
      vendor: 'always',
    }),
    platform: 'linux-x86_64',
    version: '1',
  };
  await resolveForTarget(fixture.context, request, {
    interpreter: { path: '/py', version: '3.12.1', provider: 'pyenv' },
    uv: await createUvRunner(fixture.context, []),
    indexes: await projectIndexes(fixture.context, request),
    staging,
  });
  const run = fixture.runs.at(-1);
  if (run === undefined) throw new Error('uv was not asked');
  return run;
}

test("this machine's indexes are asked after those that only the project names, and none stands in the arguments", async () => {
  const { args, env } = await resolve(poetrySource);
  expect(env.UV_INDEX).toBe(`old=https://old.example/s ${MACHINE}`);
  expect(args).not.toContain('--index');
});

test('what the caller told uv is kept', async () => {
  const { env } = await resolve(poetrySource, { UV_INDEX: 'own=https://own.example/s' });
  expect(env.UV_INDEX).toBe('old=https://old.example/s own=https://own.example/s');
});

test("an index of the project's comes first, unless it is for the packages alone that name it", async () => {
  expect((await resolve(uvIndex.replace('explicit = true\n', ''))).env.UV_INDEX).toBe(`corp=https://corp.example/s ${MACHINE}`);
  fixture?.close();
  expect((await resolve(uvIndex)).env.UV_INDEX).toBe(MACHINE);
});

test('what is locked is looked for in all of them', async () => {
  const { env } = await resolve(
    uvIndex,
    {},
    'lock-version = "1.0"\ncreated-by = "uv"\n[[packages]]\nname = "six"\nversion = "1.17.0"\nwheels = []\n',
  );
  expect(env.UV_INDEX).toBe(`corp=https://corp.example/s ${MACHINE}`);
});

const registries: Registries = {
  defaultIndex: 'https://pypi.org/simple',
  extraIndexes: [MACHINE],
  findLinks: [],
  isIndexOff: false,
  trustedHosts: [],
};

test('pip prefers what uv asks first, so that a private package of a public name is the private one', () => {
  const named = [{ name: 'corp', url: 'https://corp.example/s' }];
  expect(inPipsOrder(named, registries).map(({ url }) => url)).toEqual(['https://pypi.org/simple', MACHINE, 'https://corp.example/s']);
  expect(inPipsOrder(named, { ...registries, isIndexOff: true })).toEqual(named);
});

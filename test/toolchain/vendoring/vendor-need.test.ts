import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { JobPython } from '../../../core/job/job';
import { readRegistries } from '../../../toolchain/machine-registries';
import { needsVendoring, projectIndexes } from '../../../toolchain/vendoring/vendor-need';
import { vendorWheels } from '../../../toolchain/vendoring/vendor-wheels';
import { jobPython } from '../../fakes/job-python';
import { createToolchainFixture, type ToolchainFixture } from '../toolchain-fixture';

let fixture: ToolchainFixture;
afterEach(() => fixture.close());

function request(
  files: Readonly<Record<string, string>>,
  dependencies: Partial<JobPython['dependencies']> = {},
  vendor: JobPython['vendor'] = 'auto',
) {
  fixture = createToolchainFixture();
  const projectDirectory = path.join(fixture.directory, 'tree', 'app');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(projectDirectory, name)), { recursive: true });
    writeFileSync(path.join(projectDirectory, name), text);
  }
  const python = jobPython({ dependencies: { extras: [], groups: [], ...dependencies }, vendor });
  return {
    projectDirectory,
    vendorDirectory: path.join(fixture.directory, 'wheels'),
    python,
    platform: 'windows-x86_64' as const,
    version: '1',
  };
}

const PUBLIC = '[[package]]\nname = "six"\nsource = { registry = "https://pypi.org/simple" }\n';
const environment = (more: Record<string, string> = {}) => ({ PIP_CONFIG_FILE: '/dev/null', UV_NO_CONFIG: '1', ...more });

test.each<[string, boolean, Record<string, string>, Partial<JobPython['dependencies']>, Record<string, string>]>([
  ['public packages', false, { 'uv.lock': PUBLIC }, { lock: 'uv.lock' }, {}],
  [
    "public packages from this machine's mirror",
    false,
    { 'uv.lock': PUBLIC.replace('pypi.org', 'mirror.example') },
    { lock: 'uv.lock' },
    { PIP_INDEX_URL: 'https://mirror.example/simple' },
  ],
  ['a private index in the lock', true, { 'uv.lock': PUBLIC.replace('pypi.org', 'corp.example') }, { lock: 'uv.lock' }, {}],
  [
    'a private index in pyproject.toml',
    true,
    { 'pyproject.toml': '[[tool.uv.index]]\nname = "corp"\nurl = "https://corp.example/s"\n' },
    {},
    {},
  ],
  [
    'a private index of poetry.lock',
    true,
    { 'poetry.lock': '[package.source]\ntype = "legacy"\nurl = "https://corp.example/s"\n' },
    { lock: 'poetry.lock' },
    {},
  ],
  [
    'a private index in the requirements',
    true,
    { 'r.txt': '--extra-index-url https://corp.example/s\nsix\n' },
    { requirements: 'r.txt' },
    {},
  ],
  [
    "a private index in this machine's pip",
    true,
    { 'r.txt': 'six\n' },
    { requirements: 'r.txt' },
    { PIP_EXTRA_INDEX_URL: 'https://corp.example/s' },
  ],
  ['a repository in uv.lock', true, { 'uv.lock': 'source = { git = "https://g.example/a?rev=1#c0ffee" }\n' }, { lock: 'uv.lock' }, {}],
  ['a repository in the requirements', true, { 'r.txt': 'a @ git+https://g.example/a\n' }, { requirements: 'r.txt' }, {}],
  ['a path inside the tree', false, { 'uv.lock': 'source = { editable = "libs/a" }\n' }, { lock: 'uv.lock' }, {}],
  ['a path outside it', true, { 'uv.lock': 'source = { directory = "../../elsewhere/a" }\n' }, { lock: 'uv.lock' }, {}],
  ['a path outside it in the requirements', true, { 'r.txt': '-e ../../elsewhere/a\n' }, { requirements: 'r.txt' }, {}],
])('%s: %s', async (_, expected, files, dependencies, variables) => {
  const wanted = request(files, dependencies);
  const context = { ...fixture.context, environment: environment(variables) };
  expect(await needsVendoring(context, wanted, await readRegistries(context))).toBe(expected);
});

test('a path beside the project is inside where the source root is the parent', async () => {
  const wanted = request({ 'uv.lock': 'source = { directory = "../lib" }\n' }, { lock: 'uv.lock' });
  const context = { ...fixture.context, environment: environment() };
  const registries = await readRegistries(context);
  expect(await needsVendoring(context, wanted, registries)).toBe(true);
  expect(await needsVendoring(context, { ...wanted, sourceDirectory: path.dirname(wanted.projectDirectory) }, registries)).toBe(false);
});

test('an index is named once, by the name that its credentials have', async () => {
  const wanted = request(
    {
      'pyproject.toml': '[[tool.uv.index]]\nname = "corp"\nurl = "https://corp.example/s/"\n',
      'uv.lock': PUBLIC.replace('pypi.org/simple', 'corp.example/s'),
    },
    { lock: 'uv.lock' },
  );
  expect(await projectIndexes(fixture.context, wanted)).toEqual([{ name: 'corp', url: 'https://corp.example/s/' }]);
});

test.each(['never', 'auto'] as const)('vendor: %s starts and fetches nothing where nothing is to be vendored', async (vendor) => {
  const wanted = request({ 'uv.lock': PUBLIC }, { lock: 'uv.lock' }, vendor);
  expect(await vendorWheels({ ...fixture.context, environment: environment() }, wanted)).toEqual([]);
  expect(fixture.runs).toEqual([]);
});

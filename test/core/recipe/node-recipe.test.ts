import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findProjectProblems } from '../../../core/recipe/project-problems';
import { namedPaths } from '../../../core/recipe/recipe-paths';
import { readRecipe } from '../../../core/recipe/recipe-text';
import { createNodeFiles } from '../../../local/machine/files-node';

const recipeText = (node: string, platforms = 'linux-x86_64') =>
  `schema: 1\nname: kit\nversion: "1"\nbinaries: { kit: { node: ${node} } }\nplatforms: [${platforms}]\n`;

function problemsOf(text: string): string {
  try {
    readRecipe(text, 'slipway.yaml');
    return '';
  } catch (thrown) {
    return `${(thrown as Error).message} ${JSON.stringify((thrown as { details?: unknown }).details)}`;
  }
}

test.each([
  ['{ entry: a.mjs }', 'linux-x86_64, macos-arm64', ''],
  ['{ entry: a.mjs, version: "24" }', 'linux-x86_64, windows-x86_64', ''],
  ['{ entry: a.mjs, version: "24.1.0" }', 'macos-arm64', ''],
  ['{ entry: a.mjs, version: "24" }', 'linux-x86_64, macos-arm64', "no usable Node '24' for macos-arm64"],
  ['{ entry: a.mjs, version: "19" }', 'linux-x86_64', "Node '19' is no line that slipway knows"],
  ['{ entry: a.mjs, external: ["../x"] }', 'linux-x86_64', 'expected the name of an npm package'],
  ['{ entry: a.mjs, dynamic: [".", "@kit/views"] }', 'linux-x86_64', ''],
  ['{ entry: a.mjs, assets: [{ from: a, to: ../b }] }', 'linux-x86_64', 'leaves the folder of the program'],
  ['{ entry: a.mjs, assets: [{ from: a, to: "d/b:c" }] }', 'windows-x86_64', 'Windows cannot hold'],
])('%s for %s', (node, platforms, problem) => {
  const told = problemsOf(recipeText(node, platforms));
  if (problem === '') expect(told).toBe('');
  else expect(told).toContain(problem);
});

test('assets of the project must be there; those of the dependencies, and globs, are the build’s to find', () => {
  const { recipe } = readRecipe(
    recipeText('{ entry: a.mjs, assets: [data/a.sql, "data/*.sql", node_modules/ws/x.wasm, { from: b, to: c }] }'),
    'slipway.yaml',
  );
  expect(namedPaths(recipe).map(({ value, kind }) => [value, kind])).toEqual([
    ['a.mjs', 'entry'],
    ['data/a.sql', 'data'],
    ['b', 'data'],
  ]);
});

describe('the lock of the project', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'slipway-npm-'));
    put({ 'a.mjs': '' });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function put(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), text);
    }
  }

  async function codes(node = '{ entry: a.mjs }'): Promise<readonly (readonly [string, string])[]> {
    const { recipe } = readRecipe(recipeText(node, 'linux-x86_64, windows-x86_64'), 'slipway.yaml');
    const problems = await findProjectProblems(createNodeFiles(), recipe, { directory, python: undefined });
    return problems.map(({ path: key, error }) => [key.join('.'), error.code]);
  }

  const manifest = '{"dependencies":{"ws":"8.0.0"}}';
  const lock = '{"lockfileVersion":3,"packages":{"":{"dependencies":{"ws":"8.0.0"}}}}';

  test('is told once for all platforms', async () => {
    put({ 'package.json': manifest });
    expect(await codes()).toEqual([['binaries.kit.node', 'lock-missing']]);
    put({ 'yarn.lock': '' });
    expect(await codes()).toEqual([['binaries.kit.node', 'lock-unsupported']]);
    put({ 'package-lock.json': '{"lockfileVersion":3,"packages":{"":{}}}' });
    expect(await codes()).toEqual([['binaries.kit.node', 'lock-stale']]);
    put({ 'package-lock.json': lock });
    expect(await codes()).toEqual([]);
  });

  test('may lie elsewhere, and must be there then', async () => {
    put({ 'root/package.json': manifest, 'root/package-lock.json': lock });
    expect(await codes('{ entry: a.mjs, dependencies: { lock: root/package-lock.json } }')).toEqual([]);
    expect(await codes('{ entry: a.mjs, dependencies: { lock: package-lock.json } }')).toEqual([
      ['binaries.kit.node.dependencies.lock', 'lock-missing'],
    ]);
  });

  test('is not asked for where nothing depends on anything', async () => {
    expect(await codes()).toEqual([]);
    put({ 'package.json': '{"devDependencies":{"ws":"8.0.0"}}' });
    expect(await codes()).toEqual([]);
    expect(await codes('{ entry: a.mjs, dependencies: { dev: true } }')).toEqual([['binaries.kit.node', 'lock-missing']]);
  });
});

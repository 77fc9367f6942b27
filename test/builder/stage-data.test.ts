import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathsOf } from '../../builder/job-layout';
import { stageData } from '../../builder/stage-data';
import { binaryOf, contextOf, fakeProcesses, jobOf, makeWorkplace, pythonOf, type Workplace } from './fake-build';

let place: Workplace;
beforeEach(async () => {
  ({ place } = await makeWorkplace(jobOf()));
  for (const [file, text] of [
    ['themes/dark.toml', 'dark'],
    ['themes/more/light.toml', 'light'],
    ['LICENSE', 'mit'],
  ] as const) {
    const full = path.join(place.jobDirectory, 'work/source', file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
  }
});
afterEach(() => place.remove());

async function stage(from: string, to: string): Promise<void> {
  const python = pythonOf({ include: { packages: [], modules: [], packageData: [], metadata: [], data: [{ from, to }] } });
  const binary = binaryOf('kit');
  await stageData(contextOf(place, fakeProcesses()), binary, python, pathsOf(jobOf(), binary, python), 'work/source');
}

function staged(): readonly string[] {
  const root = path.join(place.jobDirectory, 'work/data/kit');
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}

test.each([
  ['themes', 'kit/themes', ['kit/themes/dark.toml', 'kit/themes/more/light.toml']],
  ['themes', '.', ['dark.toml', 'more/light.toml']],
  ['LICENSE', 'kit/LICENSE.txt', ['kit/LICENSE.txt']],
  ['LICENSE', 'kit/', ['kit/LICENSE']],
  ['LICENSE', '.', ['LICENSE']],
  ['themes/dark.toml', 'kit\\themes\\dark.toml', ['kit/themes/dark.toml']],
])('%s as %s', async (from, to, files) => {
  await stage(from, to);
  expect(staged()).toEqual(files);
});

test('two folders may be laid into one', async () => {
  await stage('themes', 'kit');
  await stage('LICENSE', 'kit/');
  expect(staged()).toEqual(['kit/LICENSE', 'kit/dark.toml', 'kit/more/light.toml']);
  expect(readFileSync(path.join(place.jobDirectory, 'work/data/kit/kit/LICENSE'), 'utf8')).toBe('mit');
});

test.each([
  ['nothing.txt', 'x', 'data-not-found', "there is no 'nothing.txt'"],
  ['LICENSE', '../x', 'package-collision', 'leaves the folder'],
  ['LICENSE', '/etc/x', 'package-collision', 'leaves the folder'],
  ['../../in/job.json', 'x', 'data-not-found', 'is not below the folder'],
])('%s as %s is refused', async (from, to, code, message) => {
  await expect(stage(from, to)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
});

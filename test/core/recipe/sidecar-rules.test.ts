import { jobTemplates } from '../../../core/recipe/job-template';
import { parseRecipe, type RecipeProblem } from '../../../core/recipe/recipe-text';
import { isSlipwayError } from '../../../core/slipway-error';

const recipe = (binaries: string, more = '') => `schema: 1
name: kit
platforms: [linux-x86_64, windows-x86_64]
binaries:
${binaries}${more}`;

function told(text: string): readonly string[] {
  try {
    parseRecipe(text, 'slipway.yaml');
  } catch (thrown) {
    if (!isSlipwayError(thrown)) throw thrown;
    return (thrown.details.problems as readonly RecipeProblem[]).map(({ line, path, message }) => `${line} ${path}: ${message}`);
  }
  return [];
}

test.each([
  [
    'a Node program as one file',
    recipe('  kit: { node: { entry: a.mjs }, sidecar: { host: tauri, form: onefile } }\n'),
    "5 binaries.kit.sidecar.form: a Node program is a runtime and its files: 'kit' can be a sidecar of form: resources alone",
  ],
  [
    'one file that is a folder',
    recipe('  kit: { python: { entry: a.py, mode: standalone }, sidecar: { host: tauri, form: onefile } }\n'),
    '5 binaries.kit.sidecar.form: form: onefile and python.mode: standalone contradict each other: take one of them out',
  ],
  [
    'a folder that is one file, on one platform alone',
    recipe('  kit: { python: { entry: a.py }, sidecar: { host: tauri }, overrides: { windows-x86_64: { python: { mode: onefile } } } }\n'),
    '5 binaries.kit.sidecar: python.mode: onefile leaves no folder for resources: write sidecar: { host: tauri, form: onefile }',
  ],
  [
    'a name that Tauri takes apart',
    recipe('  kit-x86_64-unknown-linux-gnu: { python: { entry: a.py }, sidecar: { host: tauri } }\n'),
    "5 binaries.kit-x86_64-unknown-linux-gnu: Tauri takes '-x86_64-unknown-linux-gnu' out of the name of a sidecar: leave it out, slipway adds it",
  ],
  [
    'a program called like the folder of sidecars',
    recipe('  kit: { python: { entry: a.py }, sidecar: { host: tauri } }\n  Tauri: { python: { entry: b.py } }\n'),
    "6 binaries.Tauri: 'Tauri' has the name of the folder that sidecars lie in: rename it, or set package.split",
  ],
])('refuses %s', (_, text, problem) => {
  expect(told(text)).toEqual([problem]);
});

test('takes a sidecar called tauri, and archives of one program each', () => {
  expect(told(recipe('  tauri: { python: { entry: a.py }, sidecar: { host: tauri } }\n'))).toEqual([]);
  const two = '  kit: { python: { entry: a.py }, sidecar: { host: tauri } }\n  tauri: { python: { entry: b.py } }\n';
  expect(told(recipe(two, 'package: { split: true }\n'))).toEqual([]);
});

test.each([
  ['resources', 'standalone'],
  ['onefile', 'onefile'],
])('the form %s makes the mode %s', (form, mode) => {
  const parsed = parseRecipe(recipe(`  kit: { python: { entry: a.py }, sidecar: { host: tauri, form: ${form} } }\n`), 'slipway.yaml');
  expect(jobTemplates(parsed, { version: '1.0.0' })['linux-x86_64']?.binaries[0]?.python?.mode).toBe(mode);
});

import { isPackageName, packageNameOf, readBundleContent } from '../../../builder/node/bundle-content';
import { bundleProblem, bundleWarnings } from '../../../builder/node/bundle-findings';
import { readBundleLog } from '../../../builder/node/bundle-log';
import type { JobNode } from '../../../core/job/job';

/** As esbuild 0.28 prints. */
const LOG = `▲ [WARNING] This "import" expression will not be bundled because the argument is not a string literal [unsupported-dynamic-import]

    src/plugins.mjs:3:40:
      3 │ const n = process.argv[2]; if (n) await import(n);
        ╵                                         ~~~~~~

▲ [WARNING] This call to "require" will not be bundled because the argument is not a string literal [unsupported-require-call]

    node_modules/@kit/views/lib/view.js:12:20:
      12 │ module.exports=(x)=>require(x);
         ╵                     ~~~~~~~

2 warnings
`;
const UNRESOLVED = `✘ [ERROR] Could not resolve "nope"

    src/main.mjs:1:18:
      1 │ import nope from 'nope';
        ╵                  ~~~~~~

  You can mark the path "nope" as external to exclude it from the bundle, which will remove this error and leave the unresolved path in the bundle.

✘ [ERROR] Could not resolve "./gone.mjs"

    src/main.mjs:2:8:
      2 │ import './gone.mjs';
        ╵        ~~~~~~~~~~~~

2 errors
`;
const SYNTAX = `✘ [ERROR] Expected ";" but found "is"

    src/main.mjs:4:5:
      4 │ this is no JavaScript
        ╵      ~~

1 error
`;
const NODE: Pick<JobNode, 'external' | 'dynamic' | 'dependencies'> = { external: [], dynamic: [], dependencies: { dev: false } };
const problemOf = (log: string, node: Partial<typeof NODE> = {}) =>
  bundleProblem(readBundleLog(log), { name: 'kit', node: { ...NODE, ...node } });

test('messages are read with their ids and places, on any line end', () => {
  const read = [
    {
      kind: 'warning',
      text: 'This "import" expression will not be bundled because the argument is not a string literal',
      id: 'unsupported-dynamic-import',
      file: 'src/plugins.mjs',
      line: 3,
    },
    {
      kind: 'warning',
      text: 'This call to "require" will not be bundled because the argument is not a string literal',
      id: 'unsupported-require-call',
      file: 'node_modules/@kit/views/lib/view.js',
      line: 12,
    },
  ];
  expect(readBundleLog(LOG)).toEqual(read);
  expect(readBundleLog(LOG.replaceAll('\n', '\r\n').replaceAll('▲', '>'))).toEqual(read);
  expect(readBundleLog('')).toEqual([]);
});

test('imports by computed names are refused with their places, unless somebody has looked at them', () => {
  expect(problemOf(LOG)).toMatchObject({
    code: 'import-dynamic',
    message: expect.stringContaining('src/plugins.mjs:3, node_modules/@kit/views/lib/view.js:12') as string,
    hint: expect.stringContaining('binaries.kit.node.dynamic: [".", "@kit/views"]') as string,
  });
  expect(problemOf(LOG, { dynamic: ['@kit/views'] })).toMatchObject({ details: { packages: ['.'] } });
  expect(problemOf(LOG, { dynamic: ['@kit/views', '.'] })).toBeUndefined();
});

test('what is not found is named with who wants it', () => {
  expect(problemOf(UNRESOLVED)).toMatchObject({
    code: 'dependency-unresolved',
    message: "nothing is found for 'nope' of src/main.mjs:1, './gone.mjs' of src/main.mjs:2",
    hint: expect.stringMatching(/^npm install nope, or set node\.dependencies\.dev .*binaries\.kit\.node\.external$/) as string,
  });
});

test('an addon that is not there is an addon all the same', () => {
  const log = UNRESOLVED.replaceAll('nope', './build/Release/kit.node').replaceAll('src/main.mjs:1', 'node_modules/kit/i.js:1');
  expect(problemOf(log)).toMatchObject({
    code: 'native-addon',
    details: { packages: [{ name: 'kit', reason: 'it loads the addon kit.node' }] },
  });
});

test('a syntax error is named with its place', () => {
  expect(problemOf(SYNTAX)).toMatchObject({
    code: 'entry-syntax',
    message: `esbuild refuses 'src/main.mjs:4': Expected ";" but found "is"`,
  });
});

const CONTENT = readBundleContent(
  JSON.stringify({
    inputs: {
      'src/main.cjs': {
        format: 'cjs',
        imports: [{ path: 'node_modules/ws/index.js' }, { path: 'node:fs', external: true }, { path: 'node:of-tomorrow', external: true }],
      },
      'node_modules/ws/index.js': {
        format: 'cjs',
        imports: [
          { path: 'bufferutil', external: true },
          { path: '<runtime>', external: true },
        ],
      },
      '../node_modules/@kit/a/node_modules/b/x.mjs': { format: 'esm', imports: [] },
    },
  }),
);

test('the packages of a bundle are told by their folders', () => {
  expect(CONTENT.packageFolders).toEqual(['../node_modules/@kit/a/node_modules/b', 'node_modules/ws']);
  expect(CONTENT.leftOut).toEqual([{ wanted: 'bufferutil', importer: 'node_modules/ws/index.js' }]);
  expect(['src/a.mjs', 'node_modules/ws/x.js', '../node_modules/@kit/a/node_modules/@x/b/y.js'].map(packageNameOf)).toEqual([
    '.',
    'ws',
    '@x/b',
  ]);
  expect(['ws', '@kit/a/x', './a', '/a', 'node:fs', '#inner', 'https://x'].map(isPackageName)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('what is not installed is told, and may be meant', () => {
  expect(bundleWarnings(CONTENT, { name: 'kit', node: NODE, entry: '' })).toEqual([
    "'kit' is bundled without what is not installed: bufferutil of ws; list it under node.external where that is meant",
  ]);
  expect(bundleWarnings(CONTENT, { name: 'kit', node: { ...NODE, external: ['bufferutil'] }, entry: '' })).toEqual([]);
});

test('an entry that asks whether it was started itself would do nothing', () => {
  const entry = 'if (require.main === module) main();';
  expect(bundleWarnings({ ...CONTENT, leftOut: [] }, { name: 'kit', node: NODE, entry }).join()).toContain('require.main');
});

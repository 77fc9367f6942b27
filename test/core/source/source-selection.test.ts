import { bytesOf, findRule, parseIgnoreFile } from '../../../core/source/ignore-rules';
import { decide, describeExclusion, type Candidate, type Exclusion } from '../../../core/source/source-selection';
import { wildmatch } from '../../../core/source/wildmatch';

interface Given {
  readonly git?: string;
  readonly slipway?: string;
  readonly include?: readonly string[];
  readonly inherited?: Exclusion;
  readonly isVirtualEnvironment?: boolean;
}

function judge(path: string, given: Given): string {
  const isDirectory = path.endsWith('/');
  const plain = isDirectory ? path.slice(0, -1) : path;
  const candidate: Candidate = {
    path: plain,
    name: plain.slice(plain.lastIndexOf('/') + 1),
    isDirectory,
    isVirtualEnvironment: given.isVirtualEnvironment ?? false,
    inherited: given.inherited,
  };
  const rules = {
    git: given.git === undefined ? [] : [parseIgnoreFile(bytesOf(given.git), '', '.gitignore')],
    slipway: given.slipway === undefined ? [] : [parseIgnoreFile(bytesOf(given.slipway), '', '.slipwayignore')],
  };
  const decision = decide(candidate, rules, { include: given.include ?? [], gitPrefix: '' });
  if (decision.isIncluded) return 'in';
  return decision.mayHoldIncluded ? 'out, look below' : `out: ${describeExclusion(decision.exclusion)}`;
}

const DIST: Exclusion = { rule: 'dist/', file: '.gitignore', line: 3 };

test.each<[string, string, Given, string]>([
  ['nothing said', 'src/app.py', {}, 'in'],
  ['.gitignore', 'dist/', { git: 'x\n\ndist/\n' }, "out: 'dist/' in .gitignore:3"],
  ['.slipwayignore', 'docs/', { slipway: 'docs/\n' }, "out: 'docs/' in .slipwayignore:1"],
  ['.slipwayignore brings back', 'dist/', { git: 'dist/\n', slipway: '!dist/\n' }, 'in'],
  ['the last line of .slipwayignore wins', 'a.log', { slipway: '*.log\n!a.log\na.*\n' }, "out: 'a.*' in .slipwayignore:3"],
  ['.gitignore cannot overrule .slipwayignore', 'a.log', { git: '!a.log\n', slipway: '*.log\n' }, "out: '*.log' in .slipwayignore:1"],
  ['include brings back', 'web/dist/', { git: 'dist/\n', include: ['web/dist'] }, 'in'],
  ['include brings back what lies below', 'web/dist/a/b.js', { git: '*.js\n', include: ['web/dist'] }, 'in'],
  ['include of a file in a folder that is out', 'web/dist/', { git: 'dist/\n', include: ['web/dist/app.js'] }, 'out, look below'],
  ['the file itself', 'web/dist/app.js', { inherited: DIST, include: ['web/dist/app.js'] }, 'in'],
  ['its neighbour', 'web/dist/other.js', { inherited: DIST, include: ['web/dist/app.js'] }, "out: 'dist/' in .gitignore:3"],
  [
    '.slipwayignore holds below an include',
    'web/dist/app.js.map',
    { slipway: '*.map\n', include: ['web/dist'] },
    "out: '*.map' in .slipwayignore:1",
  ],
  ['but not for what include names', 'web/app.map', { slipway: '*.map\n', include: ['web/app.map'] }, 'in'],
  ['a path with ! is looked for below', 'dist/', { git: 'dist/\n', slipway: '!dist/keep.js\n' }, 'out, look below'],
  ['and found', 'dist/keep.js', { inherited: DIST, slipway: '!dist/keep.js\n' }, 'in'],
  ['a wildcard after a folder as well', 'dist/a/', { inherited: DIST, slipway: '!dist/**/keep.js\n' }, 'out, look below'],
  ['a name with ! is not', 'dist/', { git: 'dist/\n', slipway: '!keep.js\n' }, "out: 'dist/' in .gitignore:1"],
  ['nor does it bring back from below', 'dist/keep.js', { inherited: DIST, slipway: '!keep.js\n' }, "out: 'dist/' in .gitignore:3"],
  ['git itself', '.git/', { slipway: '!.git/\n', include: ['.git'] }, "out: '.git' never travels"],
  ['git in a submodule', 'sub/.git', { include: ['sub'] }, "out: '.git' never travels"],
  ['node_modules', 'web/node_modules/', {}, "out: 'node_modules' is on the built-in list of what is made again"],
  [
    'node_modules below an include',
    'web/node_modules/',
    { include: ['web'] },
    "out: 'node_modules' is on the built-in list of what is made again",
  ],
  ['node_modules that include names', 'web/node_modules/', { include: ['web/node_modules'] }, 'in'],
  ['node_modules that a line names', 'web/node_modules/', { slipway: '!/web/node_modules/\n' }, 'in'],
  [
    'node_modules and a line for folders in general',
    'node_modules/',
    { slipway: '*\n!*/\n' },
    "out: 'node_modules' is on the built-in list of what is made again",
  ],
  [
    'node_modules and .gitignore',
    'node_modules/',
    { git: '!node_modules/\n' },
    "out: 'node_modules' is on the built-in list of what is made again",
  ],
  ['a file of that name', 'node_modules', {}, 'in'],
  ['compiled Python', 'a/b.pyc', {}, "out: 'b.pyc' is on the built-in list of what is made again"],
  ['an environment by any name', 'env/', { isVirtualEnvironment: true }, 'out: a folder with pyvenv.cfg is a virtual environment'],
  ['an environment that include names', 'env/', { isVirtualEnvironment: true, include: ['env'] }, 'in'],
  ['everything that git ignores', 'a.log', { git: '*\n', include: [''] }, 'in'],
])('%s', (_, path, given, expected) => {
  expect(judge(path, given)).toBe(expected);
});

test.each<[string, string, boolean]>([
  ['a*c', 'abc', true],
  ['a*c', 'a/c', false],
  ['**/a', 'a', true],
  ['a/**', 'a/b/c', true],
  ['a/**/b', 'a/b', true],
  ['[!a]', '/', false],
  ['[\\]]', ']', true],
  ['[a', 'a', false],
  ['a\\', 'a', false],
  ['[[:space:]]', ' ', true],
  ['*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(200), false],
])('%j against %j', (pattern, text, expected) => {
  expect(wildmatch(pattern, text, true)).toBe(expected);
});

test('a rule says where it stands', () => {
  const file = parseIgnoreFile('# c\r\n\r\n!/a/b/ \r\n', 'sub/', 'sub/.gitignore');
  expect(findRule(file, 'sub/a/b', 'b', true)).toMatchObject({ text: '!/a/b/', file: 'sub/.gitignore', line: 3, isNegated: true });
  expect(findRule(file, 'a/b', 'b', true)).toBeUndefined();
});

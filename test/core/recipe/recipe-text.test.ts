import { parseRecipe, readRecipe, type RecipeProblem } from '../../../core/recipe/recipe-text';
import { isSlipwayError } from '../../../core/slipway-error';

const HEAD = `schema: 1
name: kit
platforms: [linux-x86_64, windows-x86_64]
`;
const KIT = `binaries:
  kit: { python: { entry: a.py } }
`;
const whole = (more: string) => `${HEAD}${KIT}${more}`;

function problemsOf(text: string): readonly RecipeProblem[] {
  try {
    parseRecipe(text, 'slipway.yaml');
  } catch (thrown) {
    if (!isSlipwayError(thrown)) throw thrown;
    expect(thrown.code).toBe('recipe-invalid');
    return thrown.details.problems as readonly RecipeProblem[];
  }
  return [];
}

const told = (text: string) => problemsOf(text).map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);

test('defaults are filled in', () => {
  expect(parseRecipe(whole(''), 'slipway.yaml')).toMatchObject({
    version: 'from-pyproject',
    source: { root: '.', include: [] },
    checks: [],
    budgets: {},
    package: { format: 'auto', split: false, installers: ['script'] },
    distribute: { 'expires-hours': 48, 'allowed-ips': [] },
    target: 'local',
  });
});

test('units become numbers', () => {
  const { budgets } = parseRecipe(whole('budgets: { archive: 50MB, cold-start: 1s, peak-memory: 100MiB, build: 30min }'), 'slipway.yaml');
  expect(budgets).toEqual({ archive: 50_000_000, 'cold-start': 1_000, 'peak-memory': 104_857_600, build: 1_800_000 });
});

test('anchors, aliases and merge keys mean what YAML says', () => {
  const text = `${HEAD}binaries:
  kit: &kit { python: &python { entry: a.py, version: "3.11" } }
  other: { <<: *kit, console: false }
  third: { python: { <<: *python, entry: b.py } }
`;
  expect(parseRecipe(text, 'slipway.yaml').binaries).toMatchObject({
    other: { python: { entry: 'a.py', version: '3.11' }, console: false },
    third: { python: { entry: 'b.py', version: '3.11' } },
  });
});

test.each<[string, string, string]>([
  ['an unknown key', whole('nmae: x'), "6:1 nmae: unknown key 'nmae', did you mean 'name'?"],
  [
    'a key of an inner map',
    `${HEAD}binaries:\n  kit: { script: x, python: { entry: a.py } }`,
    "5:10 binaries.kit.script: unknown key 'script', did you mean 'python.script'?",
  ],
  ['a duplicate key', whole('title: a\ntitle: b'), "7:1 : duplicate key 'title': keep one of the two"],
  [
    'a version that YAML reads as a number',
    whole('version: 3.10'),
    `6:10 version: expected a text, got the number '3.10': write "3.10" in quotes`,
  ],
  [
    'a glibc that YAML reads as a number',
    whole('budgets: { glibc: 2.35 }'),
    `6:19 budgets.glibc: expected a text, got the number '2.35': write "2.35" in quotes`,
  ],
  [
    'braces without quotes',
    whole('checks: [{ binary: kit, run: [], stdout: {version} }]'),
    '6:42 checks[0].stdout: expected a text, got a map: a text with brackets or braces needs quotes',
  ],
  [
    'a number without a unit',
    whole('budgets: { archive: 50 }'),
    "6:21 budgets.archive: expected a size such as 800kB, 50MB or 48MiB, got the number '50'",
  ],
  ['nothing where a map is due', `${HEAD}binaries:\n`, '4:10 binaries: expected a map of keys, got nothing'],
  [
    'a word that is none of the choices',
    whole('target: lcoal'),
    "6:9 target: expected one of local, aws, got 'lcoal': did you mean 'local'?",
  ],
  [
    'a misspelt source of the version',
    whole('version: from-git'),
    "6:10 version: 'from-git' is no source of a version: did you mean 'from-git-tag'?",
  ],
  [
    'an unknown platform',
    'schema: 1\nname: kit\nplatforms: [linux-x64]\n' + KIT,
    "3:13 platforms[0]: expected one of linux-x86_64, linux-arm64, macos-x86_64, macos-arm64, windows-x86_64, got 'linux-x64': did you mean 'linux-x86_64'?",
  ],
  [
    'a platform twice',
    'schema: 1\nname: kit\nplatforms: [linux-x86_64, linux-x86_64]\n' + KIT,
    "3:27 platforms[1]: 'linux-x86_64' is named twice",
  ],
  ['no binary', `${HEAD}binaries: {}`, '4:11 binaries: expected at least one binary: its name, and python or node below it'],
  [
    'no way to start',
    `${HEAD}binaries: { kit: { python: {} } }`,
    '4:20 binaries.kit.python: expected one of the keys script, entry, module',
  ],
  [
    'two ways to start',
    `${HEAD}binaries: { kit: { python: { entry: a.py, script: a } } }`,
    '4:20 binaries.kit.python: expected only one of script, entry, module, got script and entry',
  ],
  [
    'lock and requirements',
    `${HEAD}binaries: { kit: { python: { entry: a.py, dependencies: { lock: uv.lock, requirements: r.txt } } } }`,
    '4:43 binaries.kit.python.dependencies: expected only one of lock, requirements, got lock and requirements',
  ],
  [
    'an unknown binary in a check',
    whole('checks: [{ binary: kti, run: [] }]'),
    "6:20 checks[0].binary: there is no binary 'kti': did you mean 'kit'?",
  ],
  [
    'a check that does nothing',
    whole('checks: [{ binary: kit }]'),
    '6:10 checks[0]: expected run, ready or script, such as run: [--version]',
  ],
  [
    'arguments without ready',
    whole('checks: [{ binary: kit, args: [x] }]'),
    '6:10 checks[0]: expected run, ready or script, such as ready: { line: READY }',
  ],
  [
    'a check that does both',
    whole('checks: [{ binary: kit, run: [], ready: { line: R } }]'),
    '6:10 checks[0]: expected run or ready, not both: make them two checks',
  ],
  [
    "another check's key",
    whole('checks: [{ binary: kit, args: [], ready: { line: R }, exit: 1 }]'),
    "6:55 checks[0].exit: 'exit' belongs to a check with run",
  ],
  [
    'arguments beside run',
    whole('checks: [{ binary: kit, run: [], args: [] }]'),
    "6:34 checks[0].args: 'args' belongs to a check with ready or script: the arguments stand under run",
  ],
  [
    'a script that is a launch as well',
    whole('checks: [{ binary: kit, script: c.py, ready: { line: R } }]'),
    '6:10 checks[0]: expected ready or script, not both: make them two checks',
  ],
  [
    'what a script does not know',
    whole('checks: [{ binary: kit, script: c.py, stdout: x }]'),
    "6:39 checks[0].stdout: 'stdout' belongs to a check with run",
  ],
  [
    'a script in another language',
    whole('checks: [{ binary: kit, script: c.mjs }]'),
    "6:33 checks[0].script: 'c.mjs' is no Python file: 'kit' is a Python program, whose checks are written in Python",
  ],
  [
    'a script outside the source',
    whole('checks: [{ binary: kit, script: ../c.py }]'),
    "6:33 checks[0].script: '../c.py' leaves the source: set source.root to a parent that holds it, or move it",
  ],
  ['a check as a text', whole('checks: [kit]'), '6:10 checks[0]: expected a check such as { binary: NAME, run: [--version] }'],
  [
    'a text for a list',
    whole('checks: [{ binary: kit, run: --version }]'),
    "6:30 checks[0].run: expected a list, got '--version': write [--version]",
  ],
  [
    'an expression that does not compile',
    whole('checks: [{ binary: kit, run: [], stdout-matches: "a(b" }]'),
    "6:50 checks[0].stdout-matches: 'a(b' is no regular expression: unterminated group",
  ],
  [
    'a check for a platform that is not built',
    whole('checks: [{ binary: kit, run: [], platforms: [macos-arm64] }]'),
    "6:46 checks[0].platforms[0]: 'macos-arm64' is not built: add it to platforms, or take it out here",
  ],
  [
    'a check that never runs',
    whole('checks: [{ binary: kit, run: [], platforms: [] }]'),
    '6:45 checks[0].platforms: this check would never run: name a platform, or leave the key out',
  ],
  [
    'an override of a platform that is not built',
    `${HEAD}binaries: { kit: { python: { entry: a.py }, overrides: { macos-arm64: { console: false } } } }`,
    "4:58 binaries.kit.overrides.macos-arm64: 'macos-arm64' is not built: add it to platforms, or take its overrides out",
  ],
  [
    'an unknown key in an override',
    `${HEAD}binaries: { kit: { python: { entry: a.py }, overrides: { windows-x86_64: { icno: a.ico } } } }`,
    "4:76 binaries.kit.overrides.windows-x86_64.icno: unknown key 'icno', did you mean 'icon'?",
  ],
  [
    'a wrong value deep in an override',
    `${HEAD}binaries: { kit: { python: { entry: a.py }, overrides: { windows-x86_64: { python: { mode: onfile } } } } }`,
    "4:92 binaries.kit.overrides.windows-x86_64.python.mode: expected one of standalone, onefile, got 'onfile': did you mean 'onefile'?",
  ],
  [
    'two binaries that differ in case',
    `${HEAD}binaries: { kit: { python: { entry: a.py } }, Kit: { python: { entry: a.py } } }`,
    "4:47 binaries.Kit: 'kit' and 'Kit' are one name on Windows and macOS: rename one",
  ],
  [
    'a binary that Windows cannot hold',
    `${HEAD}binaries: { nul: { python: { entry: a.py } } }`,
    expect.stringContaining("4:13 binaries.nul: Windows cannot hold 'nul': ") as string,
  ],
  [
    'a trailing dot',
    `${HEAD}binaries: { kit.: { python: { entry: a.py } } }`,
    expect.stringContaining("4:13 binaries.kit.: Windows cannot hold 'kit.': ") as string,
  ],
  [
    'an .exe',
    `${HEAD}binaries: { kit.exe: { python: { entry: a.py } } }`,
    "4:13 binaries.kit.exe: 'kit.exe' would become 'kit.exe.exe': leave out .exe, slipway adds it on Windows",
  ],
  [
    'data that Windows cannot hold',
    `${HEAD}binaries: { kit: { python: { entry: a.py, include: { data: [{ from: a, to: b/aux.txt }] } } } }`,
    expect.stringContaining("4:76 binaries.kit.python.include.data[0].to: Windows cannot hold 'b/aux.txt': ") as string,
  ],
  [
    'data that leaves the program',
    `${HEAD}binaries: { kit: { python: { entry: a.py, include: { data: [{ from: a, to: ../b }] } } } }`,
    "4:76 binaries.kit.python.include.data[0].to: '../b' leaves the folder of the program",
  ],
  [
    'a path that leaves the source',
    `${HEAD}binaries: { kit: { python: { entry: ../a.py } } }`,
    "4:37 binaries.kit.python.entry: '../a.py' leaves the source: set source.root to a parent that holds it, or move it",
  ],
  [
    'an absolute path',
    `${HEAD}binaries: { kit: { python: { entry: /a.py } } }`,
    "4:37 binaries.kit.python.entry: '/a.py' is absolute: name it relative to the folder of slipway.yaml",
  ],
  [
    'a drive',
    `${HEAD}binaries: { kit: { python: { entry: 'C:/a.py' } } }`,
    "4:37 binaries.kit.python.entry: 'C:/a.py' is absolute: name it relative to the folder of slipway.yaml",
  ],
  [
    'a backslash',
    `${HEAD}binaries: { kit: { python: { entry: 'b\\a.py' } } }`,
    "4:37 binaries.kit.python.entry: 'b\\a.py' has a backslash: write 'b/a.py'",
  ],
  [
    'a root that holds no recipe',
    whole('source: { root: web }'),
    "6:17 source.root: expected the folder of slipway.yaml or a parent of it, such as . or .. or ../.., got 'web'",
  ],
  [
    'a private range is allowed, a wrong one is not',
    whole('distribute: { allowed-ips: [10.0.0.0/33] }'),
    expect.stringContaining('6:29 distribute.allowed-ips[0]: ') as string,
  ],
  [
    'too long a life',
    whole('distribute: { expires-hours: 200 }'),
    "6:30 distribute.expires-hours: expected at most 168, got the number '200'",
  ],
  ['a secret without a source', whole('secrets: { TOKEN: {} }'), "6:12 secrets.TOKEN: missing key 'env': expected a text"],
  [
    'a name with capitals',
    HEAD.replace('kit', 'Kit') + KIT,
    "2:7 name: expected a lower-case name such as field-kit: letters, digits and dashes, at most 40, a letter first, got 'Kit'",
  ],
  ['no name', HEAD.replace('name: kit\n', '') + KIT, "1:1 : missing key 'name': expected a text"],
  ['an empty file', '', '1:1 : the file is empty: run slipway init'],
  ['a list', '- 1', '1:1 : expected a map of keys, such as name: fieldkit'],
  ['a tab', 'schema: 1\n\tname: kit', '2:1 : YAML syntax: tabs are not allowed as indentation'],
  ['an unclosed list', 'a: [', expect.stringMatching(/^1:5 : YAML syntax: /) as string],
  ['two documents', `${whole('')}---\na: 1`, '6:1 : expected one YAML document: take out the line ---'],
  ['an alias of nothing', 'a: *b', '1:1 : YAML alias: unresolved alias (the anchor must be set before the alias): b'],
  ['bytes that are no UTF-8', whole('title: caf\uFFFD'), '6:11 : the file is not UTF-8: save it in that encoding'],
  ['a file that nobody wrote', whole(`#${'x'.repeat(200_000)}`), '1:1 : the file has 200108 characters, at most 200000 are read'],
  ['a zero byte', whole('title: "a\\0b"'), '6:8 : a text must not hold a zero byte'],
  ['an anchor within itself', 'a: &b [*b]', '1:1 : YAML alias: an anchor contains itself'],
])('%s is told where it stands', (_what, text, expected) => {
  expect(told(text)).toEqual([expected]);
});

test('everything that is wrong is told at once, in the order of the file', () => {
  const text = `schema: 2
nmae: kit
name: kit
binaries:
  kit: { python: { skript: a, version: 3.10 } }
platforms: [linux-x86_64]
checks:
  - { binary: kti, run: [], stdout-matches: "(" }
`;
  expect(problemsOf(text).map(({ line, path }) => `${line} ${path}`)).toEqual([
    '1 schema',
    '2 nmae',
    '5 binaries.kit.python',
    '5 binaries.kit.python.skript',
    '5 binaries.kit.python.version',
    '8 checks[0].binary',
    '8 checks[0].stdout-matches',
  ]);
  expect(() => parseRecipe(text, 'app/slipway.yaml')).toThrow(/^app\/slipway.yaml has 7 problems:\n {2}app\/slipway.yaml:1:9: schema: /);
});

test('one problem is one line, and the hint says what to type', () => {
  expect(() => parseRecipe(whole('nmae: x'), 'slipway.yaml')).toThrow(
    expect.objectContaining({
      message: "slipway.yaml:6:1: nmae: unknown key 'nmae', did you mean 'name'?",
      hint: 'correct slipway.yaml, then run slipway check',
    }) as Error,
  );
});

test('what Windows cannot hold is fine where Windows is not built', () => {
  expect(told(`${HEAD.replace(', windows-x86_64', '')}binaries: { nul: { python: { entry: a.py } } }`)).toEqual([]);
});

test('a parent as source root allows paths below it and no further', () => {
  const text = (entry: string) => `${HEAD}source: { root: .. }\nbinaries: { kit: { python: { entry: ${entry} } } }`;
  expect(told(text('../shared/a.py'))).toEqual([]);
  expect(told(text('../../a.py'))).toHaveLength(1);
});

test('a byte order mark and Windows line ends change nothing', () => {
  expect(parseRecipe(`\uFEFF${whole('title: a').replaceAll('\n', '\r\n')}`, 'slipway.yaml').title).toBe('a');
});

test('a key that is not there is located at its nearest parent', () => {
  const document = readRecipe(whole('version: "1.0"'), 'slipway.yaml');
  expect(document.locate(['version'])).toEqual({ line: 6, column: 10 });
  expect(document.locate(['version'], 'key')).toEqual({ line: 6, column: 1 });
  expect(document.locate(['binaries', 'kit', 'python', 'include', 'data'])).toEqual({ line: 5, column: 10 });
});

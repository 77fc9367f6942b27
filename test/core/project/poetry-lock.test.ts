import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isPoetryLockFresh, parsePoetryLock, poetryRequirements, type PoetrySelection } from '../../../core/project/poetry-lock';

/** Written by Poetry 1.8.5 and 2.5.1. */
const read = (folder: string, file: string) => readFileSync(path.join(__dirname, '..', '..', 'fixtures', folder, file), 'utf8');
const select = (parts: Partial<PoetrySelection> = {}): PoetrySelection => ({
  extras: [],
  groups: [],
  fileUrl: (relative) => `file:///project/${relative}`,
  ...parts,
});
const names = (text: string) => [...text.matchAll(/^([\w-]+)(?:==| @)/gm)].map((match) => match[1]);

describe.each(['poetry-1', 'poetry-2'])('%s', (folder) => {
  const lock = parsePoetryLock(read(folder, 'poetry.lock'));
  const pyproject = read(folder, 'pyproject.toml');

  test('is fresh for its own pyproject.toml', () => {
    expect(isPoetryLockFresh(lock, pyproject)).toBe(true);
  });

  test.each([
    ['a dependency', 'click', 'clack'],
    ['a group', 'iniconfig', 'iniconfigs'],
    ['a source', 'priority = "primary"', 'priority = "explicit"'],
  ])('is stale after a change of %s', (_, from, to) => {
    expect(isPoetryLockFresh(lock, pyproject.replaceAll(from, to))).toBe(false);
  });

  test('stays fresh after a change of what is no dependency', () => {
    expect(isPoetryLockFresh(lock, pyproject.replace('0.3.0', '0.4.0'))).toBe(true);
  });
});

describe('format 2.1', () => {
  const lock = parsePoetryLock(read('poetry-2', 'poetry.lock'));

  test.each([
    ['the program alone', {}, ['click', 'colorama', 'six']],
    ['a group, its name spelled another way', { groups: ['Extra_Tools'] }, ['click', 'colorama', 'six', 'toml']],
    ['the group dev', { groups: ['dev'] }, ['click', 'colorama', 'iniconfig', 'six']],
  ])('selects %s', (_, selection, expected) => {
    expect(names(poetryRequirements(lock, select(selection)).text)).toEqual(expected);
  });

  test('answers the question for an extra, and keeps other markers', () => {
    expect(poetryRequirements(lock, select()).text).toContain('six==1.17.0 ; python_version < "3"');
    const { text, areAllHashed, isSelection, indexes } = poetryRequirements(lock, select({ extras: ['X'] }));
    expect(text).toContain('six==1.17.0 ; python_version >= "3"');
    expect(text).toContain('colorama==0.4.6 ; sys_platform == "win32" \\\n    --hash=sha256:');
    expect({ areAllHashed, isSelection, indexes }).toEqual({
      areAllHashed: true,
      isSelection: true,
      indexes: [{ name: 'pub', url: 'https://pypi.org/simple' }],
    });
  });

  test('writes repositories, folders and files as direct references, and a marker for each group', () => {
    const text = poetryRequirements(
      parsePoetryLock(`
[[package]]
name = "a"
version = "1"
groups = ["main", "tools"]
markers = { main = "os_name == \\"nt\\"", tools = "extra != \\"x\\"" }
[package.source]
type = "git"
url = "git@g.example:corp/a.git"
reference = "main"
resolved_reference = "c0ffee"
subdirectory = "py"
[[package]]
name = "b"
version = "1"
groups = ["main"]
[package.source]
type = "directory"
url = "../b"
[metadata]
lock-version = "2.1"
content-hash = "00"
`),
      select({ groups: ['tools'], extras: ['x'] }),
    ).text;
    expect(text).toBe(
      'a @ git+ssh://git@g.example/corp/a.git@c0ffee#subdirectory=py ; (os_name == "nt") or (python_version < "3")\nb @ file:///project/../b\n',
    );
  });
});

describe('format 2.0', () => {
  const text = read('poetry-1', 'poetry.lock');

  test('pins versions and leaves the selection to pyproject.toml', () => {
    const requirements = poetryRequirements(parsePoetryLock(text), select({ extras: ['x'] }));
    expect(requirements.isSelection).toBe(false);
    expect(names(requirements.text)).toEqual(['click', 'colorama', 'iniconfig', 'six']);
  });

  test.each([
    ['a group', text, { groups: ['dev'] }, /group 'dev'/],
    ['a package in two versions', text.replace('name = "colorama"', 'name = "click"'), {}, /version of 'click'/],
  ])('refuses %s, which it cannot tell', (_, lock, selection, message) => {
    expect(() => poetryRequirements(parsePoetryLock(lock), select(selection))).toThrow(message);
  });
});

test.each([
  ['another format', '[metadata]\nlock-version = "1.1"\ncontent-hash = "00"', /format '1\.1'/],
  ['no TOML', '[[package', /is no TOML/],
])('refuses %s', (_, text, message) => {
  expect(() => parsePoetryLock(text)).toThrow(message);
});

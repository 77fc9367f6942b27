import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { walkSource } from '../../../local/source/source-walk';
import '../../allow-processes';
import { chance, randomTree, type RandomTree } from '../../fakes/random-tree';

/** How many trees are compared; more by hand: `SLIPWAY_GIT_TREES=5000 npx jest test/local/source-walk-git`. */
const TREES = Number(process.env.SLIPWAY_GIT_TREES ?? 60);

let directory: string;

beforeAll(() => {
  directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'slipway-git-')));
  git('init', '-q', '.');
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

beforeEach(() => {
  for (const name of readdirSync(directory)) if (name !== '.git') rmSync(path.join(directory, name), { recursive: true });
  put('.git/info/exclude', '');
});

function git(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, HOME: directory, XDG_CONFIG_HOME: directory, GIT_CONFIG_NOSYSTEM: '1' },
  });
}

function put(file: string, content: string): void {
  mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
  writeFileSync(path.join(directory, file), content);
}

function lay(tree: RandomTree): void {
  for (const [file, content] of tree.files) put(file, content);
  for (const [file, content] of tree.ignoreFiles) put(file, content);
}

function byGit(folder = '.'): string[] {
  const names = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: path.join(directory, folder),
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: directory, XDG_CONFIG_HOME: directory, GIT_CONFIG_NOSYSTEM: '1' },
  });
  return names.split('\0').filter(Boolean).sort();
}

function bySlipway(folder = '.'): string[] {
  return walkSource({ root: path.join(directory, folder), include: [], ownDirectories: [] })
    .files.map((file) => file.path)
    .sort();
}

function describeTree(seed: number, tree: RandomTree): string {
  return JSON.stringify({ seed, ignoreFiles: Object.fromEntries(tree.ignoreFiles) }, null, 1);
}

test('a tree holds what git lists, whatever the rules', () => {
  for (let seed = 1; seed <= TREES; seed++) {
    for (const name of readdirSync(directory)) if (name !== '.git') rmSync(path.join(directory, name), { recursive: true });
    const tree = randomTree(seed);
    lay(tree);
    put('.git/info/exclude', chance(seed)() < 0.3 ? 'foo.*\n!foo.h\n/build\n' : '');
    const expected = byGit();
    const actual = bySlipway();
    if (actual.join('\n') !== expected.join('\n')) throw new Error(describeTree(seed, tree));
    expect(actual).toEqual(expected);
  }
}, 600_000);

test('rules above the root hold up to the git top level', () => {
  for (let seed = 1000; seed < 1000 + TREES / 3; seed++) {
    for (const name of readdirSync(directory)) if (name !== '.git') rmSync(path.join(directory, name), { recursive: true });
    const tree = randomTree(seed);
    lay(tree);
    const folder = [...tree.files.keys()].map((file) => path.dirname(file)).find((name) => name !== '.' && byGit(name).length > 0);
    if (folder === undefined) continue;
    expect({ seed, folder, files: bySlipway(folder) }).toEqual({ seed, folder, files: byGit(folder) });
  }
}, 600_000);

test('the lists compared are not empty by accident', () => {
  const counts = Array.from({ length: 10 }, (_, i) => {
    for (const name of readdirSync(directory)) if (name !== '.git') rmSync(path.join(directory, name), { recursive: true });
    const tree = randomTree(i + 1);
    lay(tree);
    return { listed: bySlipway().length, all: tree.files.size + tree.ignoreFiles.size };
  });
  expect(counts.filter(({ listed }) => listed > 3).length).toBeGreaterThan(6);
  expect(counts.filter(({ listed, all }) => listed < all).length).toBeGreaterThan(4);
});

test.each([
  ['a negation', { '.gitignore': '*.log\n!keep.log\n' }, ['a.log', 'keep.log', 'd/keep.log']],
  ['a negation below a folder that is out', { '.gitignore': 'out/\n!out/keep\n' }, ['out/keep', 'in/out', 'a']],
  ['anchored and floating', { '.gitignore': '/top\nd/e\n' }, ['top', 'd/top', 'd/e', 'x/d/e']],
  ['folders only', { '.gitignore': 'build/\n' }, ['build', 'src/build/x', 'src/building']],
  ['escapes', { '.gitignore': '\\#a\n\\!b\nc\\ \nd \n\\*\n' }, ['#a', '!b', 'c ', 'd', '*', 'e']],
  ['spaces and tabs at the end', { '.gitignore': 'a  \nb\t\n' }, ['a', 'b', 'b\t', 'a  ']],
  ['CRLF and a byte order mark', { '.gitignore': '\ufeffa\r\nb\r\n' }, ['a', 'b', 'c', 'b\r']],
  ['a comment after white space is a pattern', { '.gitignore': ' #a\n' }, [' #a', '#a']],
  ['case counts', { '.gitignore': 'README\n' }, ['README', 'sub/readme']],
  ['stars across folders', { '.gitignore': 'a/**/z\n**/tmp\ndeep/**\n' }, ['a/z', 'a/b/z', 'a/b/c/z', 'x/tmp', 'tmp', 'deep/x/y', 'az']],
  ['two stars inside a name', { '.gitignore': 'foo**/bar\n' }, ['foo/bar', 'fooX/bar', 'foo/x/bar', 'fooX/y/bar']],
  ['bytes, not letters', { '.gitignore': '?.x\n??.y\n[é].z\n' }, ['é.x', 'é.y', 'é.z', 'e.x']],
  [
    'classes',
    { '.gitignore': '[[:digit:][:upper:]]\n[!a-c]x\n[]]\n[a-]\n[[:nope:]]q\n[ab\n' },
    ['1', 'A', 'a', 'ax', 'dx', ']', '-', 'nq', '[ab'],
  ],
  [
    'a deeper file wins',
    { '.gitignore': '*.c\n', 'd/.gitignore': '!*.c\n', 'd/e/.gitignore': 'x.c\n' },
    ['x.c', 'd/x.c', 'd/e/x.c', 'd/e/y.c'],
  ],
  ['everything but some', { '.gitignore': '*\n!*/\n!*.py\n' }, ['a.py', 'a.c', 'd/b.py', 'd/e/c.txt']],
])('%s', (_, rules, files) => {
  for (const file of files) put(file, 'x');
  for (const [file, content] of Object.entries(rules)) put(file, content);
  const expected = byGit();
  expect(bySlipway()).toEqual(expected);
  expect(expected.length).toBeLessThan(files.length + Object.keys(rules).length);
});

test('a link named .gitignore is not followed, and a folder of that name is no rule', () => {
  put('rules', 'a\n');
  put('a', 'x');
  put('d/.gitignore/inner', 'x');
  execFileSync('ln', ['-s', 'rules', path.join(directory, '.gitignore')]);
  const { files, warnings } = walkSource({ root: directory, include: [], ownDirectories: [] });
  expect(files.map((file) => file.path).sort()).toEqual(byGit());
  expect(warnings).toEqual(["'.gitignore' is a link and is not read, as git does not follow it"]);
});

test('the excludes file of a machine is not honoured: another machine has another', () => {
  put('git/ignore', 'secret\n');
  put('secret', 'x');
  expect(byGit()).not.toContain('secret');
  expect(bySlipway()).toContain('secret');
});

test('a repository inside the tree keeps its own rules, those around it end there', () => {
  put('.gitignore', '*.o\n');
  put('sub/x.o', 'x');
  put('sub/y.a', 'x');
  put('sub/.gitignore', '*.a\n');
  execFileSync('git', ['init', '-q', path.join(directory, 'sub')], { stdio: 'ignore' });
  expect(bySlipway()).toEqual(['.gitignore', 'sub/.gitignore', 'sub/x.o']);
  expect(existsSync(path.join(directory, 'sub/.git/HEAD'))).toBe(true);
});

test('a worktree finds info/exclude where git keeps it', () => {
  put('a', 'x');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'x');
  git('worktree', 'add', '-q', 'wt');
  put('.git/info/exclude', 'hidden\n');
  put('wt/hidden', 'x');
  put('wt/shown', 'x');
  expect(bySlipway('wt')).toEqual(['shown']);
  git('worktree', 'remove', '--force', 'wt');
});

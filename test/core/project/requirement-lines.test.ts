import { lockIndexes, pylockRequirements } from '../../../core/project/python-lock';
import { parseRequirementLines, requirementLine } from '../../../core/project/requirement-lines';

const SHA = 'b'.repeat(64);

test.each([
  [
    'a pin with hashes',
    `Six==1.17.0 ; python_version >= "3" \\\n    --hash=sha256:${SHA} \\\n    --hash=sha256:00`,
    [{ name: 'six', version: '1.17.0', requirement: 'six==1.17.0', hashes: [`sha256:${SHA}`, 'sha256:00'] }],
  ],
  ['an extra', 'uvicorn[standard]==0.30.0', [{ name: 'uvicorn', version: '0.30.0', requirement: 'uvicorn==0.30.0', hashes: [] }]],
  [
    'a repository with a folder',
    'lib @ git+https://g.example/lib@abc#subdirectory=py ; sys_platform == "win32"',
    [{ name: 'lib', requirement: 'lib @ git+https://g.example/lib@abc#subdirectory=py', hashes: [] }],
  ],
  [
    'options, comments, ranges and nothing',
    '--index-url https://x\n# six==1\n\nsix>=1\nidna==3.1 # why',
    [{ name: 'idna', version: '3.1', requirement: 'idna==3.1', hashes: [] }],
  ],
])('parseRequirementLines: %s', (_, text, expected) => {
  expect(parseRequirementLines(text)).toEqual(expected);
});

test('requirementLine writes what can be read again', () => {
  const [entry] = parseRequirementLines(`six==1.17.0 --hash=sha256:${SHA}`);
  expect(parseRequirementLines(requirementLine(entry!))).toEqual([entry]);
});

test('lockIndexes finds each index once, in both kinds of locks', () => {
  const uvLock =
    'source = { registry = "https://a/simple" }\nsource = { registry = "https://a/simple" }\nsource = { registry = "../wheels" }\n';
  expect(lockIndexes(uvLock)).toEqual(['https://a/simple']);
  expect(lockIndexes('[[packages]]\nname = "x"\nindex = "https://b/simple"\n')).toEqual(['https://b/simple']);
});

test('pylockRequirements keeps markers, every hash and commits', () => {
  const text = `lock-version = "1.0"
[[packages]]
name = "six"
version = "1.17.0"
marker = "python_version > '3.8'"
sdist = { url = "https://f/six.tar.gz", hashes = { sha256 = "aa" } }
wheels = [{ url = "https://f/six.whl", hashes = { sha256 = "bb" } }]
[[packages]]
name = "lib"
vcs = { type = "git", url = "https://g/lib", commit-id = "c0ffee", subdirectory = "py" }
`;
  expect(pylockRequirements(text)).toBe(
    "six==1.17.0 ; python_version > '3.8' \\\n    --hash=sha256:bb \\\n    --hash=sha256:aa\nlib @ git+https://g/lib@c0ffee#subdirectory=py\n",
  );
  expect(() => pylockRequirements('packages = 1')).toThrow('PEP 751');
});

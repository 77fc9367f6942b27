import { lockedWheelOf, readLockedWheels } from '../../../builder/sbom/locked-wheel';

const digest = (letter: string) => letter.repeat(64);

const UV = `
version = 1
[[package]]
name = "markupsafe"
version = "3.0.4"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.pythonhosted.org/packages/7e/markupsafe-3.0.4.tar.gz", hash = "sha256:${digest('0')}", size = 80313 }
wheels = [
    { url = "https://files.pythonhosted.org/packages/8a/markupsafe-3.0.4-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl", hash = "sha256:${digest('1')}", size = 22940 },
    { url = "https://files.pythonhosted.org/packages/8b/markupsafe-3.0.4-cp312-cp312-musllinux_1_2_x86_64.whl", hash = "sha256:${digest('2')}", size = 22941 },
    { url = "https://files.pythonhosted.org/packages/8c/markupsafe-3.0.4-cp313-cp313-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl", hash = "sha256:${digest('3')}" },
]
[[package]]
name = "kit"
version = "1.0"
source = { editable = "." }
`;
const POETRY = `
[[package]]
name = "Six_Pack"
version = "1.17.0"
files = [
    {file = "six_pack-1.17.0-py2.py3-none-any.whl", hash = "sha256:${digest('4')}"},
    {file = "six_pack-1.17.0.tar.gz", hash = "sha256:${digest('5')}"},
]
`;
const PYLOCK = `
lock-version = "1.0"
[[packages]]
name = "attrs"
version = "25.1.0"
wheels = [{ name = "attrs-25.1.0-py3-none-any.whl", url = "https://user:secret@corp.example/attrs-25.1.0-py3-none-any.whl?token=1", hashes = { sha256 = "${digest('6')}" } }]
`;

const LINUX = ['cp312-cp312-manylinux_2_17_x86_64', 'cp312-cp312-manylinux2014_x86_64', 'cp312-cp312-manylinux_2_28_x86_64'];

test.each([
  ['uv.lock, by the system', UV, { name: 'MarkupSafe', version: '3.0.4', tags: LINUX }, digest('1')],
  ['uv.lock, another system', UV, { name: 'markupsafe', version: '3.0.4', tags: ['cp312-cp312-musllinux_1_2_x86_64'] }, digest('2')],
  [
    'poetry.lock, two tags in one name',
    POETRY,
    { name: 'six-pack', version: '1.17.0', tags: ['py2-none-any', 'py3-none-any'] },
    digest('4'),
  ],
  ['pylock.toml', PYLOCK, { name: 'attrs', version: '25.1.0', tags: ['py3-none-any'] }, digest('6')],
  ['a version that is not locked', UV, { name: 'markupsafe', version: '3.0.5', tags: LINUX }, undefined],
  ['one that was built here', UV, { name: 'markupsafe', version: '3.0.4', tags: ['cp312-cp312-linux_x86_64'] }, undefined],
  ['a project without wheels', UV, { name: 'kit', version: '1.0', tags: ['py3-none-any'] }, undefined],
  ['a distribution without tags', UV, { name: 'markupsafe', version: '3.0.4', tags: [] }, undefined],
  ['requirements.txt', `markupsafe==3.0.4 --hash=sha256:${digest('1')}`, { name: 'markupsafe', version: '3.0.4', tags: LINUX }, undefined],
  ['nothing', '', { name: 'markupsafe', version: '3.0.4', tags: LINUX }, undefined],
])('%s', (_what, lock, found, expected) => {
  expect(lockedWheelOf(readLockedWheels(lock), found)?.sha256).toBe(expected);
});

test('only the address of the public index is passed on', () => {
  const url = (lock: string, name: string, version: string, tags: readonly string[]) =>
    lockedWheelOf(readLockedWheels(lock), { name, version, tags })?.url;
  expect(url(UV, 'markupsafe', '3.0.4', LINUX)).toMatch(/^https:\/\/files\.pythonhosted\.org\/packages\/8a\/.*\.whl$/);
  expect(url(PYLOCK, 'attrs', '25.1.0', ['py3-none-any'])).toBeUndefined();
});

test('where several wheels fit none is claimed', () => {
  const twice = POETRY.replace('.tar.gz', '-1-py2.py3-none-any.whl');
  expect(
    lockedWheelOf(readLockedWheels(twice), { name: 'six-pack', version: '1.17.0', tags: ['py2-none-any', 'py3-none-any'] }),
  ).toBeUndefined();
});

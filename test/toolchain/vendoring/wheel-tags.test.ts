import { wheelTags } from '../../../toolchain/vendoring/pip';

test.each([
  ['2.17', ['manylinux1_x86_64', 'manylinux2010_x86_64', 'manylinux2014_x86_64', 'manylinux_2_17_x86_64']],
  ['2.12', ['manylinux1_x86_64', 'manylinux2010_x86_64']],
])('with glibc %s no wheel for a newer one is asked for', (glibc, tags) => {
  expect(wheelTags({ platform: 'linux-x86_64', glibc })).toEqual(tags);
});

test('without a glibc all are', () => {
  expect(wheelTags({ platform: 'linux-arm64' })).toContain('manylinux_2_35_aarch64');
  expect(wheelTags({ platform: 'linux-arm64', glibc: '2.28' }).at(-1)).toBe('manylinux_2_28_aarch64');
});

test('other systems have no such tags', () => {
  expect(wheelTags({ platform: 'windows-x86_64' })).toEqual(['win_amd64']);
});

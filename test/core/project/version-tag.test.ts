import { closestVersionTag, versionAfterTag, versionOfTag } from '../../../core/project/version-tag';

test.each([
  ['v1.4.0', '1.4.0'],
  ['1.4.0', '1.4.0'],
  ['V1.4', '1.4'],
  ['v1.4.0rc1', '1.4.0rc1'],
  ['v1.4.0-rc.1', '1.4.0-rc.1'],
  ['1.4.0.post2', '1.4.0.post2'],
  ['kit-v1.4.0', '1.4.0'],
  ['kit/1.4.0', '1.4.0'],
  ['other-v1.4.0', undefined],
  ['release-7', undefined],
  ['2024', undefined],
  ['v2-branch-point', undefined],
  ['nightly', undefined],
])('the tag %s of kit is the version %s', (tag, version) => {
  expect(versionOfTag(tag, 'kit')).toBe(version);
});

test.each([
  [['v1.9.0', 'v1.10.0'], 'v1.10.0'],
  [['v1.4.0rc1', 'v1.4.0'], 'v1.4.0'],
  [['v1.4.0', 'v1.4.0.post1'], 'v1.4.0.post1'],
  [['v9.0.0', 'kit-v1.0.0'], 'kit-v1.0.0'],
  [['nightly', 'v1.0'], 'v1.0'],
  [['nightly'], undefined],
])('of the tags %j the version is %s', (tags, expected) => {
  expect(closestVersionTag(tags, 'kit')?.tag).toBe(expected);
});

test.each([
  ['1.4.0', 0, false, '1.4.0'],
  ['1.4.0', 3, false, '1.4.1.dev3+gabc1234'],
  ['1.4', 1, false, '1.5.dev1+gabc1234'],
  ['1.4.0rc1', 2, false, '1.4.0rc2.dev2+gabc1234'],
  ['1.4.0', 0, true, '1.4.1.dev0+gabc1234.dirty'],
  ['1.4.0', 3, true, '1.4.1.dev3+gabc1234.dirty'],
  ['1.4.0.dev0', 3, false, '1.4.0.dev3+gabc1234'],
  ['1.4.0+local', 1, false, '1.4.1.dev1+gabc1234'],
])('%s and %i commits, changed: %s, is %s', (version, distance, isDirty, expected) => {
  expect(versionAfterTag(version, { distance, isDirty, shortCommit: 'abc1234' })).toBe(expected);
});

import path from 'node:path';
import { homeDirectoryOf, workingDirectoryOf } from '../../../local/machine/machine';

test.each([
  ['not set', {}, '/users/ada/.slipway'],
  ['set to nothing', { SLIPWAY_HOME: '' }, '/users/ada/.slipway'],
  ['absolute', { SLIPWAY_HOME: '/srv/slip way' }, '/srv/slip way'],
  ['relative', { SLIPWAY_HOME: 'here' }, 'here'],
])("slipway's folder where SLIPWAY_HOME is %s", (_, environment, expected) => {
  expect(homeDirectoryOf(environment, '/users/ada')).toBe(path.resolve(expected));
});

test('a folder that is gone is told as such', () => {
  const gone = () => {
    throw Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { code: 'ENOENT' });
  };
  expect(() => workingDirectoryOf(gone)).toThrow('the folder that slipway was started in is gone');
  expect(workingDirectoryOf(() => '/srv')).toBe('/srv');
});

/** What a program is given on each system, with the platform handed in. */
import { emptyEnvironment, plainEnvironment, withoutHome, type Room } from '../../../builder/checks/room';

const root = 'C:\\Users\\Jörg\\AppData\\Local\\Temp\\slipway-check-1';
const room: Room = { root, tmp: `${root}\\tmp`, home: `${root}\\home`, temp: `${root}\\temp`, noPrograms: `${root}\\none` };
/** As Windows spells them, and a secret. */
const caller = {
  Path: 'C:\\Python312',
  SystemRoot: 'D:\\Windows',
  SystemDrive: 'D:',
  PROCESSOR_ARCHITECTURE: 'AMD64',
  'ProgramFiles(x86)': 'D:\\Program Files (x86)',
  TOKEN: 'secret',
};

test('a Windows program gets what every account has, and nothing of the caller', () => {
  const environment = plainEnvironment('windows-x86_64', caller, room);
  expect(environment).toMatchObject({
    SystemRoot: 'D:\\Windows',
    windir: 'D:\\Windows',
    COMSPEC: 'D:\\Windows\\System32\\cmd.exe',
    PROCESSOR_ARCHITECTURE: 'AMD64',
    'ProgramFiles(x86)': 'D:\\Program Files (x86)',
    USERPROFILE: room.home,
    HOMEDRIVE: 'C:',
    HOMEPATH: room.home.slice(2),
    TEMP: room.temp,
  });
  expect(environment.PATH).toBe(
    'D:\\Windows\\System32;D:\\Windows;D:\\Windows\\System32\\Wbem;D:\\Windows\\System32\\WindowsPowerShell\\v1.0',
  );
  expect(Object.keys(environment)).not.toContain('TOKEN');
  const names = Object.keys(environment).map((name) => name.toUpperCase());
  expect(new Set(names).size).toBe(names.length);
});

test('an empty Windows environment still starts a program', () => {
  expect(emptyEnvironment('windows-x86_64', { SYSTEMROOT: 'D:\\Windows' }, room)).toEqual({
    SystemRoot: 'D:\\Windows',
    SystemDrive: 'C:',
    PATH: room.noPrograms,
    TEMP: room.temp,
    TMP: room.temp,
  });
});

test('a home goes under whatever spelling it has', () => {
  expect(withoutHome({ UserProfile: 'x', HomeDrive: 'C:', AppData: 'y', PATH: 'p' })).toEqual({ PATH: 'p' });
});

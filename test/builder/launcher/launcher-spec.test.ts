import { specHeader, type LauncherSpec } from '../../../builder/launcher/launcher-spec';

const spec: LauncherSpec = { outputFile: '/out/tool.exe', folders: ['.'], program: 'prog', args: [] };

test('writes every character as a number, so that nothing can break out of the text', () => {
  const posix = specHeader({ ...spec, args: ['"; int x = system("id"); //', '??/\n'] }, 'linux');
  expect(posix).toContain(String.raw`#define NAME "\164\157\157\154"`);
  expect(posix).not.toContain('system');
  expect(posix.match(/"[^"]*"/g)?.every((text) => /^"(\\[0-3][0-7]{2})*"$/.test(text))).toBe(true);
  const windows = specHeader({ ...spec, args: ['%PATH%"€𝄞'] }, 'windows');
  expect(windows).toContain(String.raw`L"\x0025" L"\x0050"`);
  expect(windows).toContain(String.raw`L"\x20ac" L"\xd834" L"\xdd1e"`);
});

test('spells paths as the system does, and leaves plain arguments alone', () => {
  const backslash = String.raw`\x005c`;
  const header = specHeader({ ...spec, program: 'bin/node', args: ['./a/b', '--url=http://x/'] }, 'windows');
  const rows = header.split('\n').filter((line) => line.startsWith('  {') || line.startsWith('#define PROGRAM'));
  expect(rows.map((row) => row.includes(backslash))).toEqual([true, false, true, false, false]);
});

test.each([
  ['.', '{ 0, 0, "", "" }'],
  ['..', '{ 1, 0, "", "" }'],
  ['../../x', String.raw`{ 2, 0, "\170", "" }`],
  ['../*', '{ 1, 1, "", "" }'],
  ['../l/*/r/s/', String.raw`{ 1, 1, "\154", "\162\057\163" }`],
])('takes the folder %s apart', (folder, row) => {
  expect(specHeader({ ...spec, folders: [folder] }, 'linux')).toContain(`  ${row},`);
});

test.each([['/abs'], ['a\\b'], ['*/x/*'], ['a\0b']])('refuses the folder %j', (folder) => {
  expect(() => specHeader({ ...spec, folders: [folder] }, 'linux')).toThrow(RangeError);
});

test.each([[''], ['/abs'], ['../out'], ['.'], ['a\\b']])('refuses the program %j, also as an argument', (program) => {
  expect(() => specHeader({ ...spec, program }, 'windows')).toThrow(RangeError);
  expect(() => specHeader({ ...spec, args: [`./${program}`] }, 'windows')).toThrow(RangeError);
});

test('a launcher without folders is refused', () => {
  expect(() => specHeader({ ...spec, folders: [] }, 'macos')).toThrow(RangeError);
});

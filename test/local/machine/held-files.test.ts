/** Windows' ways with files that somebody holds: tried with the platform handed in and a system that refuses at first. */
import * as fs from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createNodeFiles } from '../../../local/machine/files-node';
import { createPatience } from '../../../local/machine/held-files';

jest.mock('node:fs/promises', () => {
  const real = jest.requireActual<typeof fs>('node:fs/promises');
  return { ...real, rename: jest.fn(real.rename), link: jest.fn(real.link), readFile: jest.fn(real.readFile) };
});

const refusal = (code: string) => Object.assign(new Error(code), { code });
let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'slipway-held-'))));
afterEach(() => {
  jest.clearAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

test.each(['EPERM', 'EACCES', 'EBUSY'])('on Windows a file that a reader holds is replaced once it is free: %s', async (code) => {
  const file = path.join(directory, 'state.json');
  const files = createNodeFiles('win32');
  await files.write(file, 'old');
  jest.mocked(fs.rename).mockRejectedValueOnce(refusal(code)).mockRejectedValueOnce(refusal(code));
  await files.write(file, 'new');
  expect(await files.readText(file)).toBe('new');
  expect((await files.list(directory)).map(({ name }) => name)).toEqual(['state.json']);
});

test('on Windows a folder that a scanner holds is moved, and a file that is being replaced is read', async () => {
  const files = createNodeFiles('win32');
  await files.write(path.join(directory, 'kit.dist', 'kit.exe'), 'x');
  jest.mocked(fs.rename).mockRejectedValueOnce(refusal('EPERM'));
  await files.move(path.join(directory, 'kit.dist'), path.join(directory, 'package', 'kit'));
  jest.mocked(fs.readFile).mockRejectedValueOnce(refusal('EBUSY'));
  expect(await files.readText(path.join(directory, 'package', 'kit', 'kit.exe'))).toBe('x');
});

test('elsewhere a refusal is told at once', async () => {
  jest.mocked(fs.rename).mockRejectedValueOnce(refusal('EPERM'));
  await expect(createNodeFiles('linux').write(path.join(directory, 'a'), '')).rejects.toMatchObject({ code: 'permission-denied' });
  expect(fs.rename).toHaveBeenCalledTimes(1);
});

test('a file system without hard links still creates each file once', async () => {
  const files = createNodeFiles('win32');
  const file = path.join(directory, 'a.lock');
  jest.mocked(fs.link).mockRejectedValueOnce(refusal('EISDIR')).mockRejectedValueOnce(refusal('EISDIR'));
  await files.create(file, 'first');
  await expect(files.create(file, 'second')).rejects.toMatchObject({ code: 'file-exists' });
  expect(await files.readText(file)).toBe('first');
});

test('patience ends, and other errors are none of its business', async () => {
  const pauses: number[] = [];
  const patience = createPatience('win32', (ms) => Promise.resolve(pauses.push(ms)));
  await expect(patience('reading', () => Promise.reject(refusal('EPERM')))).rejects.toMatchObject({ code: 'EPERM' });
  const waitedMs = pauses.reduce((sum, ms) => sum + ms, 0);
  expect(waitedMs).toBeGreaterThanOrEqual(1_500);
  expect(waitedMs).toBeLessThan(2_100);
  pauses.length = 0;
  await expect(patience('changing', () => Promise.reject(refusal('ENOENT')))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(pauses).toEqual([]);
});

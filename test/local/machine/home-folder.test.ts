import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createNodeFiles } from '../../../local/machine/files-node';
import { requireHomeFolder } from '../../../local/machine/home-folder';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'slipway-home-'));
  mkdirSync(path.join(root, 'folder'));
  writeFileSync(path.join(root, 'file'), '');
  symlinkSync('folder', path.join(root, 'link to folder'));
  symlinkSync('file', path.join(root, 'link to file'));
  symlinkSync('nothing', path.join(root, 'link to nothing'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

test.each(['folder', 'link to folder', 'not there yet'])('a home that is a %s is one', async (name) => {
  await expect(requireHomeFolder(createNodeFiles(), path.join(root, name))).resolves.toBeUndefined();
});

test.each([
  ['file', 'file'],
  ['link to file', 'link to file'],
  ['link to nothing', 'link to nothing'],
  ['file/below/it', 'file'],
])('a home at %s is none, and what is in the way is named', async (name, inTheWay) => {
  const homeDirectory = path.join(root, name);
  await expect(requireHomeFolder(createNodeFiles(), homeDirectory)).rejects.toMatchObject({
    code: 'home-not-writable',
    message: `Slipway keeps its builds and tools in '${homeDirectory}', and '${path.join(root, inTheWay)}' is no folder`,
  });
});

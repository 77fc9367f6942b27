import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createNodeFiles } from '../../../local/machine/files-node';
import { createNodeProcesses } from '../../../local/machine/processes-node';
import { describeTools } from '../../../local/build/tool-identity';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'slipway-tools-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const describeWith = (environment: Record<string, string> = {}, system = 'Linux 6') =>
  describeTools({
    files: createNodeFiles(),
    processes: createNodeProcesses(),
    environment: { PATH: root, ...environment },
    userDirectory: root,
    builderPath: path.join(root, 'builder.mjs'),
    system,
  });

test('without a builder nothing may be reused', async () => {
  expect(await describeWith()).toBeUndefined();
});

test('the builder, compilers, their variables and the system decide; other variables do not', async () => {
  writeFileSync(path.join(root, 'builder.mjs'), 'one');
  const first = await describeWith();
  expect(await describeWith({ EDITOR: 'ed' })).toBe(first);
  expect(await describeWith({ CFLAGS: '-O0' })).not.toBe(first);
  expect(await describeWith({}, 'Linux 7')).not.toBe(first);
  writeFileSync(path.join(root, 'gcc'), '', { mode: 0o755 });
  const second = await describeWith();
  expect(second).not.toBe(first);
  writeFileSync(path.join(root, 'gcc'), 'a newer one', { mode: 0o755 });
  expect(await describeWith()).not.toBe(second);
  const third = await describeWith();
  writeFileSync(path.join(root, 'builder.mjs'), 'two');
  expect(await describeWith()).not.toBe(third);
});

test('an interpreter that SLIPWAY_PYTHON names decides, by its place and by what it is', async () => {
  writeFileSync(path.join(root, 'builder.mjs'), 'one');
  const named = path.join(root, 'own-python');
  writeFileSync(named, '');
  const first = await describeWith({ SLIPWAY_PYTHON: named });
  expect(first).not.toBe(await describeWith());
  expect(await describeWith({ SLIPWAY_PYTHON: named })).toBe(first);
  writeFileSync(named, 'a newer one');
  expect(await describeWith({ SLIPWAY_PYTHON: named })).not.toBe(first);
});

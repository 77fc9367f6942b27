/** Proves which Chromium the browser suite takes. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findChromium } from '../../scripts/chromium.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'slipway chromium '));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, mode = 0o755): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '');
  chmodSync(file, mode);
  return file;
}

test('the one that is named, and no other in its place', () => {
  const named = program('my-chrome');
  program('chromium');
  expect(findChromium({ CHROMIUM: named, PATH: folder })).toBe(named);
  expect(findChromium({ CHROMIUM: path.join(folder, 'missing'), PATH: folder })).toBeUndefined();
});

test("the path's, Chromium before Chrome", () => {
  program('a/google-chrome');
  const chromium = program('b/chromium');
  expect(findChromium({ PATH: [path.join(folder, 'a'), path.join(folder, 'b')].join(path.delimiter) })).toBe(chromium);
});

test('a file that cannot be run is none', () => {
  program('a/chromium', 0o644);
  const other = program('b/chromium');
  expect(findChromium({ PATH: [path.join(folder, 'a'), path.join(folder, 'b')].join(path.delimiter) })).toBe(other);
});

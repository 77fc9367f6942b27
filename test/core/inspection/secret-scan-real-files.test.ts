/** What Python programs ship holds no secrets: none may be found in it. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { createSecretScanner } from '../../../core/inspection/secret-scan';

const versions = path.join(homedir(), '.pyenv', 'versions');
const candidates = [
  ...(existsSync(versions)
    ? readdirSync(versions).flatMap((version) =>
        ['3.13', '3.12', '3.11'].map((name) => path.join(versions, version, 'lib', `python${name}`)),
      )
    : []),
  ...['3.13', '3.12', '3.11', '3.10'].flatMap((name) => [`/usr/lib/python${name}`, `/usr/local/lib/python${name}`]),
];
const library = candidates.find((folder) => existsSync(path.join(folder, 'asyncio')));
if (library === undefined) console.warn('skipped: no Python library on this machine to look through');

/** What programs ship of it: not the tests, which hold real keys. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    if (/^(?:test|tests|idlelib|__pycache__|site-packages|dist-packages)$/.test(name)) return [];
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    return stat.isDirectory() ? filesOf(file) : [file];
  });
}

(library === undefined ? test.skip : test)("none in Python's own library", () => {
  const scanner = createSecretScanner();
  const findings = filesOf(library ?? '').flatMap((file) => scanner.scan(path.relative(library ?? '', file), readFileSync(file)));
  expect(findings).toEqual([]);
});

test('none in Node itself', () => {
  expect(createSecretScanner().scan('node', readFileSync(process.execPath))).toEqual([]);
});

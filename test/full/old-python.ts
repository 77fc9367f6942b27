/**
 * A Python 3.11 that was built on a system with glibc 2.17 (CentOS 7), as Maven Central has it: the artifact `org.bytedeco:cpython`,
 * licence PSF and Apache 2.0, laid out as an installation. The usual way to such a Python is uv's; this one is for machines that reach
 * package registries alone. It is for the test and never ships.
 */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { run } from './run-command';

export const OLD_PYTHON_VERSION = '3.11';
const ARTIFACT = 'org.bytedeco:cpython:3.11.3-1.5.9:jar:linux-x86_64';
const FILE = 'cpython-3.11.3-1.5.9-linux-x86_64.jar';
const SHA256 = '668b42f6a8b1a9789de7d3ca54a81fefb754cd8e885554b42858bbcbc0dd497c';

/** @returns the interpreter, or why there is none */
export async function fetchOldPython(directory: string): Promise<{ readonly interpreter: string } | { readonly reason: string }> {
  const fetched = await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${directory}`]);
  if (fetched.exitCode !== 0) return { reason: `Maven does not fetch ${ARTIFACT}: ${fetched.stdout.trim().split('\n')[0] ?? ''}` };
  const jar = path.join(directory, FILE);
  const sha256 = createHash('sha256').update(readFileSync(jar)).digest('hex');
  if (sha256 !== SHA256) throw new Error(`${FILE} has the SHA-256 ${sha256}`);
  const unpacked = path.join(directory, 'unpacked');
  const { exitCode } = await run('python3', ['-m', 'zipfile', '-e', jar, unpacked]);
  if (exitCode !== 0) return { reason: 'python3 cannot unpack it' };
  return { interpreter: layOut(path.join(unpacked, 'org/bytedeco/cpython/linux-x86_64')) };
}

/** The libraries go where their file names are looked for, and a zip keeps neither modes nor links. */
function layOut(prefix: string): string {
  for (const library of ['libpython3.11.so.1.0', 'libffi.so.6']) renameSync(path.join(prefix, library), path.join(prefix, 'lib', library));
  symlinkSync('libpython3.11.so.1.0', path.join(prefix, 'lib/libpython3.11.so'));
  mkdirSync(path.join(prefix, 'bin'), { recursive: true });
  const interpreter = path.join(prefix, 'bin/python3.11');
  chmodSync(interpreter, 0o755);
  return interpreter;
}

import '../allow-network';
import '../allow-processes';
import { spawnSync } from 'node:child_process';
import { readMachine } from '../../local/machine/machine';
import { binaryOf, jobOf } from './fake-build';
import { buildForReal } from './real-build';

/** What a machine without the toolchain and without a way to get it cannot do. */
const UNREACHABLE = ['tool-not-fetched', 'download-failed', 'download-denied', 'python-missing', 'compiler-missing', 'host-not-supported'];

const PROGRAM = `import sys
print(sys.argv[0].rsplit("/", 1)[-1], "caf\\u00e9", *sys.argv[1:])
sys.exit(len(sys.argv) - 1)
`;

/** One small program by the real toolchain, the real compiler and the real checks. The toolchain stays under the default SLIPWAY_HOME. */
test('three lines of Python become a program that runs', async () => {
  const machine = readMachine();
  const job = jobOf({
    name: 'slipway-three-lines',
    platform: machine.platform,
    binaries: [binaryOf('three-lines', { entry: 'three.py', dependencies: { extras: [], groups: [] }, options: ['--lto=no'] })],
    checks: [
      { kind: 'run', binary: 'three-lines', args: ['a'], env: {}, stdin: '', timeoutMs: 30_000, exitCode: 1, stdout: 'three-lines café a' },
    ],
  });
  await buildForReal(job, { 'three.py': PROGRAM }, UNREACHABLE, ({ report, program }) => {
    const ran = spawnSync(program('three-lines'), ['x', 'y'], { encoding: 'latin1', env: { PYTHONIOENCODING: 'latin-1' } });
    expect([ran.stdout, ran.status]).toEqual(['three-lines café x y\n', 2]);
    expect(report.binaries[0]?.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  });
}, 300_000);

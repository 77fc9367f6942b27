import '../allow-network';
import '../allow-processes';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { extract } from 'tar';
import { executableName } from '../../core/job/artifact-name';
import { runBuild } from '../../builder/run-build';
import { nodeConnections } from '../../local/machine/connections-node';
import { nodeClock } from '../../local/machine/clock-node';
import { readMachine } from '../../local/machine/machine';
import { toolchainOf } from '../../local/machine/toolchain-machine';
import { binaryOf, jobOf, makeWorkplace } from './fake-build';

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
  const { place } = await makeWorkplace(job, { 'three.py': PROGRAM });
  try {
    const lines: string[] = [];
    const toolchain = toolchainOf(machine, (line) => void lines.push(line));
    const report = await runBuild({ ...toolchain, clock: nodeClock, connections: nodeConnections, jobDirectory: place.jobDirectory });
    if (report.failure !== undefined && UNREACHABLE.includes(report.failure.code)) {
      console.warn(`skipped: the toolchain cannot be had here: ${report.failure.message}`);
      return;
    }
    if (report.failure !== undefined) throw new Error(`${report.failure.message}\n${lines.slice(-60).join('\n')}`);

    const unpacked = path.join(place.root, 'unpacked');
    mkdirSync(unpacked);
    const archive = report.artifacts.find(({ kind }) => kind === 'archive')?.file ?? '';
    await new Promise<void>((resolve, reject) => {
      const sink = extract({ cwd: unpacked });
      sink.on('close', resolve).on('error', reject);
      Readable.from([readFileSync(path.join(place.jobDirectory, 'out', archive))]).pipe(sink);
    });
    const program = path.join(unpacked, archive.replace(/\.tar\.gz$|\.zip$/, ''), executableName('three-lines', machine.platform));
    const ran = spawnSync(program, ['x', 'y'], { encoding: 'latin1', env: { PYTHONIOENCODING: 'latin-1' } });
    expect([ran.stdout, ran.status]).toEqual(['three-lines café x y\n', 2]);
    expect(report.binaries[0]?.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  } finally {
    place.remove();
  }
}, 300_000);

import '../allow-network';
import '../allow-processes';
import { spawnSync } from 'node:child_process';
import { readMachine } from '../../local/machine/machine';
import { nodeRuntimePackage } from '../../toolchain/node/npm-pins';
import { jobOf } from './fake-build';
import { buildForReal } from './real-build';

/** What a machine without the toolchain and without a way to get it cannot do. */
const UNREACHABLE = ['tool-not-fetched', 'download-failed', 'download-denied', 'host-not-supported'];

/** CommonJS beside a module, a file that lies beside the bundle, and names that only CommonJS knows. */
const SOURCE = {
  'main.mjs': [
    "import { readFileSync } from 'node:fs';",
    "import where from './where.cjs';",
    "const greeting = readFileSync(new URL('./greeting.txt', import.meta.url), 'utf8').trim();",
    'console.log(greeting, process.version, where(), ...process.argv.slice(2));',
    'process.exitCode = process.argv.length - 2;',
  ].join('\n'),
  'where.cjs': "const path = require('path'); module.exports = () => path.basename(__dirname) + '/' + path.basename(__filename);",
  'data/greeting.txt': 'café\n',
};

/** One small program by the real toolchain and the real checks. The toolchain stays under the default SLIPWAY_HOME. */
test('a module of Node becomes a program that runs', async () => {
  const machine = readMachine();
  const node = { entry: 'main.mjs', version: '26', assets: ['data/greeting.txt'], dependencies: { dev: false }, external: [], dynamic: [] };
  const { version } = nodeRuntimePackage('26', machine.platform);
  const job = jobOf({
    name: 'slipway-module',
    platform: machine.platform,
    binaries: [{ name: 'greet', console: true, node }],
    checks: [
      {
        kind: 'run',
        binary: 'greet',
        args: ['a b'],
        env: {},
        stdin: '',
        timeoutMs: 30_000,
        exitCode: 1,
        stdout: `café v${version} greet/greet.mjs a b`,
      },
    ],
  });
  await buildForReal(job, SOURCE, UNREACHABLE, ({ report, program }) => {
    const ran = spawnSync(program('greet'), ['x', 'y'], { encoding: 'utf8', env: {} });
    expect([ran.stdout, ran.status]).toEqual([`café v${version} greet/greet.mjs x y\n`, 2]);
    const checks = report.binaries[0]?.checks ?? [];
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(checks.find(({ title }) => title === 'built-in: Node is as it came')?.outcome).toBe('passed');
  });
}, 300_000);

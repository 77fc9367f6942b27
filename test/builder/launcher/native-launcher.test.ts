/**
 * What a launcher does, tried with this machine's own C compiler, which is there in a moment; zig's, for all platforms, are tried by
 * test/full/launcher.test.ts.
 */
import '../../allow-processes';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { specHeader, type LauncherSpec } from '../../../builder/launcher/launcher-spec';

const sources = path.join(__dirname, '../../../builder/launcher/source');
let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'slipway launchér ')));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @returns the launcher, compiled to `bin/tool` */
function compile(spec: Partial<LauncherSpec> = {}): string {
  const outputFile = path.join(root, 'bin', 'tool');
  const os = process.platform === 'darwin' ? 'macos' : 'linux';
  const build = path.join(root, 'build');
  mkdirSync(build, { recursive: true });
  mkdirSync(path.dirname(outputFile), { recursive: true });
  writeFileSync(path.join(build, 'spec.h'), specHeader({ outputFile, folders: ['../lib/tool'], program: 'prog', args: [], ...spec }, os));
  const freestanding =
    os === 'linux' ? ['-nostdlib', '-static', '-ffreestanding', '-fno-builtin', '-fno-stack-protector', '-fno-pie', '-no-pie'] : [];
  for (const file of ['posix.c', 'linux.h', 'macos.h']) copyFileSync(path.join(sources, file), path.join(build, file));
  const compiled = spawnSync('cc', ['-std=gnu11', '-Os', '-Wall', '-Wextra', '-Werror', ...freestanding, 'posix.c', '-o', outputFile], {
    cwd: build,
    encoding: 'utf8',
  });
  expect(compiled.stderr).toBe('');
  return outputFile;
}

/** A program that shows what it was given. */
function putProgram(folder: string, name = 'prog', text = '#!/bin/sh\nfor a in "$0" "$@"; do printf "[%s]" "$a"; done\n'): void {
  mkdirSync(path.join(root, folder), { recursive: true });
  writeFileSync(path.join(root, folder, name), text, { mode: 0o755 });
}

function run(
  file: string,
  args: readonly string[] = [],
  options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly input?: string } = {},
) {
  return spawnSync(file, args, { encoding: 'utf8', ...options, env: { PATH: '/usr/bin:/bin', ...options.env } });
}

test('hands every argument on as it is, also none and empty ones, behind its own', () => {
  putProgram('lib/tool');
  const tool = compile({ args: ['--fixed', './data/x y.mjs', './ü'] });
  const folder = path.join(root, 'lib/tool');
  const fixed = `[${folder}/prog][--fixed][${folder}/data/x y.mjs][${folder}/ü]`;
  expect(run(tool)).toMatchObject({ status: 0, stdout: fixed, stderr: '' });
  const odd = ['', ' ', '"', "it's", 'a\\b\\', '$HOME', '*', 'üñí€𝄞', '-x', '--', 'line\nbreak', 'x'.repeat(20_000)];
  expect(run(tool, odd).stdout).toBe(fixed + odd.map((arg) => `[${arg}]`).join(''));
  const many = Array.from({ length: 20_000 }, (_, index) => `a${index}`);
  expect(run(tool, many).stdout).toBe(fixed + many.map((arg) => `[${arg}]`).join(''));
});

test('is found through links, the PATH and another name, and keeps the name that was typed', () => {
  // The name is argv[0]: a shell that is called so answers with it.
  putProgram('lib/tool', 'prog.sh', 'printf %s "$0"');
  mkdirSync(path.join(root, 'lib/tool'), { recursive: true });
  symlinkSync('/bin/sh', path.join(root, 'lib/tool/prog'));
  const tool = compile();
  mkdirSync(path.join(root, 'elsewhere'));
  symlinkSync('../bin/tool', path.join(root, 'elsewhere/first'));
  symlinkSync(path.join(root, 'elsewhere/first'), path.join(root, 'elsewhere/second'));
  expect(run(path.join(root, 'elsewhere/second'), ['-c', 'echo "$0"']).stdout).toBe(`${path.join(root, 'elsewhere/second')}\n`);
  const env = { PATH: `${path.join(root, 'elsewhere')}:/usr/bin:/bin` };
  expect(run('sh', ['-c', `second -c 'echo "$0"'`], { env }).stdout).toBe('second\n');
  expect(run('./tool', ['-c', 'echo "$0"'], { cwd: path.dirname(tool) }).stdout).toBe('./tool\n');
});

test('takes the first folder that holds the program, and of several that a star stands for the first by name', () => {
  const tool = compile({ folders: ['tool-files', '../lib/*/sidecars/tool', '..'] });
  const shown = () => run(tool).stdout;
  putProgram('.');
  expect(shown()).toBe(`[${root}/prog]`);
  for (const product of ['Zebra', 'ähnlich', 'My Product', '.hidden']) putProgram(`lib/${product}/sidecars/tool`);
  mkdirSync(path.join(root, 'lib/Another/sidecars/tool'), { recursive: true });
  expect(shown()).toBe(`[${root}/lib/My Product/sidecars/tool/prog]`);
  putProgram('bin/tool-files');
  expect(shown()).toBe(`[${root}/bin/tool-files/prog]`);
});

test('finds one folder among hundreds', () => {
  const tool = compile({ folders: ['../lib/*/tool'] });
  for (let index = 0; index < 600; index++) mkdirSync(path.join(root, 'lib', `package-${index}-${'x'.repeat(60)}`), { recursive: true });
  putProgram('lib/package-300-chosen/tool');
  expect(run(tool).stdout).toBe(`[${root}/lib/package-300-chosen/tool/prog]`);
});

test('says what it looked for where nothing is there: 127', () => {
  const tool = compile({ folders: ['../lib/tool', '../lib/*/x', '../../../../../../../../../../../../far'] });
  expect(run(tool)).toMatchObject({
    status: 127,
    stdout: '',
    stderr: `tool: cannot find 'prog': it is in none of '${root}/lib/tool', '${root}/lib/*/x', '/far'\n`,
  });
});

test('says why a program does not start: 126, and 127 where its loader is missing', () => {
  const tool = compile();
  const program = path.join(root, 'lib/tool/prog');
  putProgram('lib/tool');
  chmodSync(program, 0o644);
  expect(run(tool)).toMatchObject({ status: 126, stderr: `tool: cannot run '${program}': permission denied\n` });
  putProgram('lib/tool', 'prog', 'no program');
  chmodSync(program, 0o755);
  expect(run(tool)).toMatchObject({ status: 126, stderr: `tool: cannot run '${program}': it is no program for this machine\n` });
  putProgram('lib/tool', 'prog', '#!/no/such/interpreter\n');
  expect(run(tool)).toMatchObject({
    status: 127,
    stderr: `tool: cannot run '${program}': it is not there, or the loader that it asks for is not\n`,
  });
});

test('keeps environment, working directory, standard input, open files and the exit code', () => {
  putProgram('lib/tool', 'prog', '#!/bin/sh\necho "$MARK"; pwd; cat; cat <&7; exit 42\n');
  const tool = compile();
  const script = 'exec "$0" 7<<END\nfrom seven\nEND';
  const result = run('sh', ['-c', script, tool], { cwd: root, env: { MARK: 'ü' }, input: 'from stdin\n' });
  expect(result).toMatchObject({ status: 42, stdout: `ü\n${root}\nfrom stdin\nfrom seven\n` });
});

test('is the program: the same process, which signals reach and end', async () => {
  putProgram('lib/tool', 'prog', "#!/bin/sh\ntrap 'echo asked; exit 7' TERM\necho $$\nwhile :; do sleep 0.05; done\n");
  const child = spawn(compile(), { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (told === '') child.kill('SIGTERM');
    told += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, told }).toEqual({ code: 7, told: `${child.pid}\nasked\n` });
});

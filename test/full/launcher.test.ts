/** Launchers as zig makes them for all platforms: their formats, their bytes, and the Windows one under Wine. */
import '../allow-processes';
import '../allow-network';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { compileLauncher } from '../../builder/launcher/compile-launcher';
import type { LauncherSpec } from '../../builder/launcher/launcher-spec';
import { readElf } from '../../core/inspection/elf';
import { readMachO } from '../../core/inspection/mach-o';
import { readPe } from '../../core/inspection/pe';
import { PLATFORM_IDS, PLATFORMS, type PlatformId } from '../../core/platform';
import { readMachine } from '../../local/machine/machine';
import { toolchainOf } from '../../local/machine/toolchain-machine';
import { prepareWine, windowsPath, type Wine } from './wine';

let root: string;
const context = toolchainOf(readMachine(), () => undefined);

beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'slipway launchér ')));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

async function compile(platform: PlatformId, spec: Partial<LauncherSpec> = {}, folder = 'bin'): Promise<Buffer> {
  const outputFile = path.join(root, folder, `kit${PLATFORMS[platform].executableSuffix}`);
  await compileLauncher(context, { outputFile, folders: ['../lib/kit ü'], program: 'prog', args: [], ...spec }, platform);
  return readFileSync(outputFile);
}

test.each(PLATFORM_IDS)('%s: the same small bytes wherever it is made, with nothing of this machine in them', async (platform) => {
  const bytes = await compile(platform);
  const elsewhere = mkdtempSync(path.join(root, 'elsewhere '));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = elsewhere;
  try {
    expect(
      createHash('sha256')
        .update(await compile(platform, {}, 'another/folder'))
        .digest('hex'),
    ).toBe(createHash('sha256').update(bytes).digest('hex'));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  expect(bytes.length).toBeLessThan({ linux: 8_000, windows: 16_000, macos: 60_000 }[PLATFORMS[platform].os]);
  for (const word of [context.homeDirectory, tmpdir() + path.sep, `/${userInfo().username}/`, 'slipway-launcher'])
    expect(bytes.includes(word)).toBe(false);
  console.log(`${platform}: ${bytes.length} bytes`);
});

test.each(['linux-x86_64', 'linux-arm64'] as const)('%s: static, for its processor', async (platform) => {
  const facts = readElf(await compile(platform));
  expect(facts).toMatchObject({ machine: PLATFORMS[platform].arch, isExecutable: true, needed: [], versionNeeds: [], isDamaged: false });
  expect(facts?.interpreter).toBeUndefined();
});

test.each(['macos-x86_64', 'macos-arm64'] as const)('%s: needs libSystem alone, and is signed where it must be', async (platform) => {
  const facts = readMachO(await compile(platform));
  const [slice] = facts?.slices ?? [];
  expect(slice).toMatchObject({ machine: PLATFORMS[platform].arch, minimumMacos: '11.0', libraries: ['/usr/lib/libSystem.B.dylib'] });
  // Apple silicon runs nothing unsigned.
  if (platform === 'macos-arm64') expect((slice?.signatureBytes ?? 0) > 0).toBe(true);
});

test.each([true, false])('windows-x86_64: needs kernel32 alone; console: %s', async (isConsole) => {
  const facts = readPe(await compile('windows-x86_64', { windows: { console: isConsole, version: '1.2.3', title: 'Kit' } }));
  expect(facts).toMatchObject({ machine: 'x86_64', isConsole, isDll: false, isDamaged: false });
  expect(facts?.imports.map((name) => name.toLowerCase())).toEqual(['kernel32.dll']);
});

describe('under Wine', () => {
  let wine: Wine;
  beforeAll(() => {
    wine = prepareWine();
  });
  afterAll(() => wine.stop());

  /** node.exe in a folder with blanks and an ü, started with `kit.mjs` before the caller's arguments. */
  async function putNode(script: string): Promise<string> {
    const folder = path.join(root, 'lib', 'Prodükt', 'kit files');
    mkdirSync(folder, { recursive: true });
    copyFileSync(wine.nodePath, path.join(folder, 'node.exe'));
    writeFileSync(path.join(folder, 'kit.mjs'), script);
    await compile('windows-x86_64', { folders: ['nowhere', '../lib/*/kit files'], program: 'node', args: ['./kit.mjs', '--fixed a'] });
    return path.join(root, 'bin', 'kit.exe');
  }

  const options = () => ({ cwd: root, environment: {}, outputFile: path.join(root, 'out.txt'), timeoutMs: 120_000 });

  test('hands arguments, standard input, working directory and the exit code on', async () => {
    const launcher = await putNode(`
      import { readFileSync } from 'node:fs';
      console.log(JSON.stringify({ argv: process.argv, cwd: process.cwd(), input: readFileSync(0, 'utf8') }));
      process.exitCode = 42;`);
    const args = ['a b', 'q"uote', 'back\\', 'a\\\\"b', 'ünï', '*', '%PATH%', '--x=1'];
    writeFileSync(path.join(root, 'in.txt'), 'from stdin');
    const ended = await wine.run(launcher, args, { ...options(), inputFile: path.join(root, 'in.txt') });
    expect(ended.exitCode).toBe(42);
    const folder = windowsPath(path.join(root, 'lib', 'Prodükt', 'kit files'));
    expect(JSON.parse(ended.output)).toEqual({
      argv: [`${folder}\\node.exe`, `${folder}\\kit.mjs`, '--fixed a', ...args],
      cwd: windowsPath(root),
      input: 'from stdin',
    });
  });

  test('says what it looked for where nothing is there', async () => {
    const launcher = await putNode('');
    rmSync(path.join(root, 'lib'), { recursive: true });
    const ended = await wine.run(launcher, [], options());
    expect(ended).toEqual({
      exitCode: 127,
      output: `kit: cannot find 'node.exe': it is in none of '${windowsPath(root)}\\bin\\nowhere', '${windowsPath(root)}\\lib\\*\\kit files'\r\n`,
    });
  });

  test('says why a program does not start', async () => {
    const launcher = await putNode('');
    const program = path.join(root, 'lib/Prodükt/kit files/node.exe');
    writeFileSync(program, 'no program');
    const ended = await wine.run(launcher, [], options());
    expect(ended.exitCode).toBe(126);
    expect(ended.output).toMatch(/^kit: cannot run '.*node\.exe': error 193, it is no program for this machine\r\n$/);
  });

  test('takes the program with it when it is ended from outside', async () => {
    const started = path.join(root, 'started');
    const launcher = await putNode(`
      import { writeFileSync } from 'node:fs';
      writeFileSync(${JSON.stringify(windowsPath(started))}, '');
      setInterval(() => {}, 1000);`);
    let pid = 0;
    const ended = wine.run(launcher, [], { ...options(), onStart: (number) => (pid = number) });
    await until(() => existsSync(started));
    expect(processesOf(root)).toHaveLength(2);
    process.kill(pid, 'SIGKILL');
    await ended;
    await until(() => processesOf(root).length === 0);
  });
});

/** Asks again until it holds; what never holds is ended by the test's own limit. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Processes whose command line names the folder, by number: Wine's programs are processes of Linux. */
function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      return line.includes(windowsPath(folder)) || (line.includes(folder) && readlinkSync(`/proc/${name}/exe`).includes('wine'));
    } catch {
      return false; // It went meanwhile.
    }
  });
}

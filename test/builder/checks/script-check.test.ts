/** Checks that are programs of the project. The interpreter is `sh`, the scripts are shell: what is tried is the check, not a language. */
import '../../allow-processes';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { checkBinary } from '../../../builder/checks/gather-evidence';
import { performScriptCheck } from '../../../builder/checks/script-check';
import { inJob, pathsOf, projectDirectory } from '../../../builder/job-layout';
import type { Job, JobPython, JobScriptCheck } from '../../../core/job/job';
import { nodeRuntimePackage } from '../../../toolchain/node/npm-pins';
import { files, HOST_PLATFORM, isRunning, makeJob, openWorkshop, type Workshop } from './check-fixtures';

const python: JobPython = {
  script: 'tool',
  version: '3.12',
  dependencies: { extras: [], groups: [] },
  vendor: 'auto',
  compiler: 'nuitka',
  mode: 'standalone',
  include: { packages: [], modules: [], packageData: [], metadata: [], data: [] },
  exclude: { packages: [], modules: [] },
  options: [],
};
const binary = { name: 'tool', console: true, python };
const job: Job = makeJob({
  platform: HOST_PLATFORM,
  binaries: [binary],
  source: { ...makeJob().source, projectPath: 'apps/tool' },
});

let workshop: Workshop;
beforeEach(async () => {
  workshop = await openWorkshop();
});
afterEach(() => workshop.close());

function scriptCheck(changes: Partial<JobScriptCheck> = {}): JobScriptCheck {
  return { kind: 'script', binary: 'tool', script: 'checks/data.py', args: [], env: {}, timeoutMs: 20_000, ...changes };
}

/** The environment's interpreter and the project's script, as a build has them. */
async function writeScript(script: string): Promise<void> {
  const { context } = workshop;
  const interpreter = inJob(context, `${pathsOf(job, binary, python).environment}/bin/python`);
  await files.write(interpreter, '#!/bin/sh\nexec /bin/sh "$@"\n', { mode: 0o755 });
  await files.write(inJob(context, `${projectDirectory(job)}/checks/data.py`), `${script}\n`);
}

async function perform(script: string, check = scriptCheck(), program = 'echo "toolbox 1.4.0"') {
  await writeScript(script);
  return performScriptCheck(workshop.context, job, await workshop.program(program), check);
}

test('a script gets the program, an empty folder and the version, its arguments and its variables, and nothing of this machine', async () => {
  const script = [
    'set -eu',
    '[ "$("$SLIPWAY_PROGRAM")" = "toolbox $SLIPWAY_VERSION" ]',
    '[ -d "$SLIPWAY_TMP" ] && [ -z "$(ls -A "$SLIPWAY_TMP")" ] && [ "$(pwd)" = "$SLIPWAY_TMP" ]',
    '[ "$1" = "--of=toolbox" ] && [ "$2" = "$SLIPWAY_TMP/db" ] && [ "$PLACE" = "$SLIPWAY_TMP/place" ]',
    '[ -z "${SLIPWAY_TEST_LEAK:-}" ]',
  ].join('\n');
  process.env.SLIPWAY_TEST_LEAK = 'x';
  try {
    const check = scriptCheck({ args: ['--of={name}', '{tmp}/db'], env: { PLACE: '{tmp}/place' } });
    expect(await perform(script, check)).toEqual({
      title: 'script checks/data.py --of={name} {tmp}/db',
      kind: 'script',
      outcome: 'passed',
      durationMs: expect.any(Number) as number,
    });
  } finally {
    delete process.env.SLIPWAY_TEST_LEAK;
  }
});

test('the folder is a new one each time, and none is left', async () => {
  const log = path.join(workshop.context.jobDirectory, 'folders');
  const check = scriptCheck({ env: { LOG: log } });
  const script = 'touch "$SLIPWAY_TMP/x"; echo "$SLIPWAY_TMP" >> "$LOG"';
  await perform(script, check);
  await perform(script, check);
  const folders = (await files.readText(log)).trim().split('\n');
  expect(new Set(folders).size).toBe(2);
  for (const folder of folders) expect(await files.stat(folder)).toBeUndefined();
});

test.each([
  [
    'its exit code, with the end of standard error',
    'echo ignored; echo "no neighbours" >&2; exit 3',
    /^expected exit code 0, got exit code 3; standard error ends with:\n {2}no neighbours$/,
  ],
  [
    'standard output, where standard error says nothing',
    'echo "1 of 3 failed"; exit 1',
    /got exit code 1; standard output ends with:\n {2}1 of 3 failed$/,
  ],
  ['the signal that ended it', 'kill -SEGV $$', /^expected exit code 0, ended by SIGSEGV$/],
])('a failure tells %s', async (_what, script, reason) => {
  const result = await perform(script);
  expect(result.outcome).toBe('failed');
  expect(result.reason).toMatch(reason);
});

test('a script is held to its time, and so is what it started', async () => {
  const pid = path.join(workshop.context.jobDirectory, 'pid');
  const check = scriptCheck({ timeoutMs: 3_000, env: { PID: pid } });
  const result = await perform('echo started >&2; sleep 600 & echo $! > "$PID"; wait', check);
  expect(result).toMatchObject({
    outcome: 'failed',
    reason: expect.stringMatching(/^timed out after 3\.0s; standard error ends with:\n {2}started$/) as string,
  });
  const child = Number(await files.readText(pid));
  expect(await isRunning(child)).toBe(false);
});

test('what a script leaves running is told and ended, and fails nothing', async () => {
  const pid = path.join(workshop.context.jobDirectory, 'pid');
  const result = await perform(
    '"$SLIPWAY_PROGRAM" >/dev/null 2>&1 & echo $! > "$PID"',
    scriptCheck({ env: { PID: pid } }),
    'exec sleep 600',
  );
  const child = Number(await files.readText(pid));
  expect(result).toMatchObject({ outcome: 'passed', reason: `it left 1 process running, which was ended: ${child}` });
  expect(await isRunning(child)).toBe(false);
});

test('an interpreter that does not start is the fault', async () => {
  const result = await performScriptCheck(workshop.context, job, await workshop.program('true'), scriptCheck());
  expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('cannot start') as string });
});

test("a Node program's script runs by the Node that it ships with, and finds what was installed for the build", async () => {
  const { context } = workshop;
  const program = { name: 'tool', console: true, node: { entry: 'main.mjs', version: '26', assets: [] } };
  const nodeJob: Job = { ...job, binaries: [program] };
  const source = inJob(context, projectDirectory(nodeJob));
  await files.write(
    path.join(source, 'node_modules/client/package.json'),
    '{ "name": "client", "type": "module", "exports": "./client.js" }',
  );
  await files.write(path.join(source, 'node_modules/client/client.js'), "export const expected = 'toolbox 1.4.0';\n");
  await files.write(
    path.join(source, 'checks/data.mjs'),
    `import { execFileSync } from 'node:child_process';
     import { expected } from 'client';
     const said = execFileSync(process.env.SLIPWAY_PROGRAM, { encoding: 'utf8' }).trim();
     if (said !== expected || process.env.RUN_BY !== 'kept') throw new Error(\`\${said} by \${process.env.RUN_BY}\`);`,
  );
  await keepNode();
  const result = await performScriptCheck(
    context,
    nodeJob,
    await workshop.program('echo "toolbox 1.4.0"'),
    scriptCheck({ script: 'checks/data.mjs' }),
  );
  expect(result).toEqual({ title: 'script checks/data.mjs', kind: 'script', outcome: 'passed', durationMs: expect.any(Number) as number });
});

/** As if it had been fetched before: this test's own Node under the pinned one's name. */
async function keepNode(): Promise<void> {
  const { name, version, integrity } = nodeRuntimePackage('26', HOST_PLATFORM);
  const folder = path.join(workshop.context.homeDirectory, 'toolchains', `${name}-${version}`);
  const program = `#!/bin/sh\nRUN_BY=kept exec '${process.execPath}' "$@"\n`;
  await files.write(path.join(folder, 'node'), program, { mode: 0o755 });
  const sha256 = createHash('sha256').update(program).digest('hex');
  await files.write(path.join(folder, 'slipway.json'), JSON.stringify({ integrity, sha256 }));
}

test('a binary that only scripts check is asked for its help as well', async () => {
  await writeScript('"$SLIPWAY_PROGRAM" --version');
  const evidence = await checkBinary(workshop.context, { ...job, checks: [scriptCheck()] }, await workshop.program('echo "toolbox 1.4.0"'));
  expect(evidence.checks.slice(0, 2).map(({ title, outcome }) => [title, outcome])).toEqual([
    ['script checks/data.py', 'passed'],
    ['built-in: starts and ends', 'passed'],
  ]);
  expect(evidence.launch?.method).toContain('run --help');
});

test('a script is skipped, with the reason, where the program cannot run', async () => {
  const platform = HOST_PLATFORM === 'macos-arm64' ? 'linux-x86_64' : 'macos-arm64';
  const foreign: Job = { ...job, platform, checks: [scriptCheck()] };
  const evidence = await checkBinary(workshop.context, foreign, await workshop.program('true'));
  expect(evidence.checks[0]).toMatchObject({ title: 'script checks/data.py', kind: 'script', outcome: 'skipped' });
  expect(evidence.checks[0]?.reason).toContain(platform);
});

import '../../allow-processes';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createNodeProcesses } from '../../../local/machine/processes-node';
import { parsePsTable, readProcTable, treeOf } from '../../../local/machine/process-tree';

const processes = createNodeProcesses();
const node = process.execPath;
const base = { cwd: tmpdir(), env: { PATH: process.env.PATH ?? '' } };
const onLinux = process.platform === 'linux' ? test : test.skip;

const isAlive = (pid: number) => readProcTable().some((entry) => entry.pid === pid);

test('arguments reach the program as they are, whatever a shell would make of them', async () => {
  const args = ['a b', '$HOME', '"quoted"', "it's", '*', 'ä€', ''];
  const result = await processes.run({
    ...base,
    command: node,
    args: ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...args],
  });
  expect(JSON.parse(result.stdout)).toEqual(args);
  expect(result).toMatchObject({ exitCode: 0, signal: null, isTimedOut: false });
});

test('the environment is the one that was given, and the marker of the tree', async () => {
  const result = await processes.run({
    ...base,
    env: { ONLY: 'this' },
    command: node,
    args: ['-e', 'console.log(JSON.stringify(Object.keys(process.env).sort()))'],
  });
  expect(JSON.parse(result.stdout)).toEqual(['ONLY', 'SLIPWAY_TREE']);
});

test('a program that is not there is an error that names it', async () => {
  await expect(processes.run({ ...base, command: '/nowhere/tool', args: [] })).rejects.toMatchObject({
    code: 'process-not-started',
    details: { command: '/nowhere/tool', errno: 'ENOENT' },
  });
});

test('standard input is closed when none is given, and handed over when some is', async () => {
  const read = 'let s="";process.stdin.on("data",(d)=>s+=d).on("end",()=>console.log(`[${s}]`))';
  expect((await processes.run({ ...base, command: node, args: ['-e', read] })).stdout).toBe('[]\n');
  expect((await processes.run({ ...base, command: node, args: ['-e', read], stdin: 'hi' })).stdout).toBe('[hi]\n');
});

test('only the end of a long output is kept, all of it is shown', async () => {
  let seen = 0;
  const result = await processes.run({
    ...base,
    command: node,
    args: ['-e', 'for(let i=0;i<200000;i++)process.stdout.write(`${i}\\n`)'],
    keepBytes: 1000,
    onOutput: (_, chunk) => (seen += chunk.length),
  });
  expect(result.stdout).toHaveLength(1000);
  expect(result.stdout.endsWith('199999\n')).toBe(true);
  expect(seen).toBe(1_288_890);
});

test('a time limit ends the program and says so', async () => {
  const result = await processes.run({ ...base, command: node, args: ['-e', 'setInterval(()=>{},1000)'], timeoutMs: 200 });
  expect(result).toMatchObject({ isTimedOut: true, exitCode: null, signal: 'SIGKILL' });
});

onLinux('killTree finds a grandchild in a session of its own whose parent has gone', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'slipway-tree-'));
  const pidFile = path.join(directory, 'pid');
  const daemon = `require('fs').writeFileSync(${JSON.stringify(pidFile)},String(process.pid));setInterval(()=>{},1000)`;
  const middle = `require('child_process').spawn(process.execPath,['-e',${JSON.stringify(daemon)}],{detached:true,stdio:'ignore'}).unref()`;
  writeFileSync(path.join(directory, 'middle.js'), middle);
  const running = processes.start({
    ...base,
    command: node,
    args: [
      '-e',
      `require('child_process').spawnSync(process.execPath,[${JSON.stringify(path.join(directory, 'middle.js'))}]);setInterval(()=>{},1000)`,
    ],
  });
  while (!existsSync(pidFile)) await wait(10);
  await wait(10);
  const { readFileSync } = await import('node:fs');
  const daemonPid = Number(readFileSync(pidFile, 'utf8'));
  expect(isAlive(daemonPid)).toBe(true);
  await running.killTree();
  expect(isAlive(daemonPid)).toBe(false);
  expect((await running.result).signal).toBe('SIGKILL');
  rmSync(directory, { recursive: true });
});

onLinux('the peak memory of the whole tree is measured', async () => {
  const child = 'const b=Buffer.alloc(60e6,1);setTimeout(()=>{},150)';
  const result = await processes.run({
    ...base,
    command: node,
    args: ['-e', `require('child_process').spawnSync(process.execPath,['-e',${JSON.stringify(child)}])`],
    measureMemory: true,
  });
  expect(result.peakMemoryBytes).toBeGreaterThan(60e6 + 40e6);
});

test('a closed pipe is what the program meets', async () => {
  const result = await processes.run({
    ...base,
    command: node,
    args: [
      '-e',
      'process.stdout.on("error",(e)=>{process.exitCode=e.code==="EPIPE"?7:8});setInterval(()=>process.stdout.write("x".repeat(1e5)),1).unref();setTimeout(()=>{},100)',
    ],
    closeStdout: true,
  });
  expect(result).toMatchObject({ exitCode: 7, stdout: '' });
});

test('a program is found on the PATH of the given environment, on Windows by PATHEXT', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'slipway-path-'));
  writeFileSync(path.join(directory, 'tool'), '', { mode: 0o755 });
  writeFileSync(path.join(directory, 'plain'), '', { mode: 0o644 });
  expect(await processes.find('tool', { PATH: `/nowhere:${directory}` })).toBe(path.join(directory, 'tool'));
  expect(await processes.find('plain', { PATH: directory })).toBeUndefined();
  expect(await processes.find('tool', {})).toBeUndefined();
  rmSync(directory, { recursive: true });
});

test('a tree is read from the table that ps prints', () => {
  const table = parsePsTable(
    '    1     0     1\n   10     1    10\n   11    10    10\n   12    11    12\n   13     1    10\n   20     1    20\n',
  );
  expect([...treeOf(10, table)].sort()).toEqual([10, 11, 12, 13]);
});

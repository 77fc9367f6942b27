/**
 * Owns the launches of the benchmark, in a process of its own: `ready-overhead ROUNDS`. One program after the other is launched in
 * turns by a loop that does no more than it must, by a `ready` check, and by one that samples the memory of the process tree.
 * Prints the milliseconds from launch to READY, by program and contender.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BuilderContext } from '../builder/builder-context';
import { probeOf } from '../builder/checks/probe';
import { plainEnvironment } from '../builder/checks/room';
import type { Job, JobReadyCheck } from '../core/job/job';
import { nodeClock } from '../local/machine/clock-node';
import { nodeConnections } from '../local/machine/connections-node';
import { createNodeFiles } from '../local/machine/files-node';
import { createNodeProcesses } from '../local/machine/processes-node';

const rounds = Number(process.argv[2]);
const folder = mkdtempSync(path.join(tmpdir(), 'slipway-ready-'));
const room = { root: folder, tmp: folder, home: folder, temp: folder, noPrograms: folder };
const { ports, check, job } = subject();

/** What is launched: as little as a program can be, and one that takes its time and memory. */
const PROGRAMS = {
  sh: written('sh', '#!/bin/sh\necho READY\nexec sleep 60\n'),
  node: written('node', `#!${process.execPath}\nconsole.log('READY');\nsetInterval(() => undefined, 60_000);\n`),
};

const taken: Record<string, Record<string, number[]>> = {};
try {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const contenders: Record<string, () => Promise<number>> = {
      bare: () => launchBare(program),
      checked: () => launchChecked(program, false),
      sampled: () => launchChecked(program, true),
    };
    const times: Record<string, number[]> = { bare: [], checked: [], sampled: [] };
    for (const launch of Object.values(contenders)) await launch(); // Once without a clock: files and code are warm for all alike.
    for (let round = 0; round < rounds; round++) {
      const order = Object.entries(contenders);
      for (const [contender, launch] of round % 2 === 0 ? order : order.reverse()) times[contender]?.push(await launch());
    }
    taken[name] = times;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify(taken)}\n`);

/** The least that a host has to do. A session of its own and the same environment: what a scheduler and a runtime make of those is no overhead. */
async function launchBare(program: string): Promise<number> {
  const startedAtMs = performance.now();
  const child = spawn(program, [], {
    env: plainEnvironment(ports.platform, {}, room),
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  let said = '';
  const readyMs = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said.includes('READY\n')) resolve(performance.now() - startedAtMs);
    });
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;
  return readyMs;
}

async function launchChecked(executable: string, measureMemory: boolean): Promise<number> {
  const { durationMs, fault, peakMemoryBytes } = await probeOf(ports, job, check).attempt({ executable, measureMemory });
  if (fault !== undefined) throw new Error(`'${executable}' failed its check: ${fault}`);
  if (measureMemory && process.platform === 'linux' && peakMemoryBytes === undefined) throw new Error('no memory was sampled');
  return durationMs;
}

function written(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text, { mode: 0o755 });
  return file;
}

/** A `ready` check as a build performs it. */
function subject(): { readonly ports: BuilderContext; readonly check: JobReadyCheck; readonly job: Job } {
  const none = () => Promise.reject(new Error('nothing is downloaded here'));
  return {
    ports: {
      files: createNodeFiles(),
      processes: createNodeProcesses(),
      clock: nodeClock,
      connections: nodeConnections,
      downloads: { file: none, text: none },
      environment: Object.fromEntries(Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
      platform: process.platform === 'darwin' ? 'macos-arm64' : process.arch === 'arm64' ? 'linux-arm64' : 'linux-x86_64',
      cpuCount: 1,
      homeDirectory: folder,
      userDirectory: folder,
      jobDirectory: folder,
      log: () => undefined,
    },
    check: { kind: 'ready', binary: 'program', args: [], env: {}, line: 'READY', withinMs: 30_000, launches: rounds },
    job: {
      schemaVersion: 1,
      buildId: '0123456789abcdef',
      name: 'program',
      version: '1.0.0',
      platform: 'linux-x86_64',
      attempt: 1,
      createdAt: '2026-01-01T00:00:00.000Z',
      source: { sha256: '0'.repeat(64), sizeBytes: 1, epochSeconds: 315_532_800, projectPath: '.' },
      binaries: [{ name: 'program', console: true }],
      checks: [],
      budgets: {},
      package: { format: 'tar.gz', split: false, installers: [] },
      secretNames: [],
    },
  };
}

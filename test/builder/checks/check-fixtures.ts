/** Jobs, contexts and small programs for the tests of checks. */
import path from 'node:path';
import type { BuilderContext, BuiltBinary } from '../../../builder/builder-context';
import type { Job, JobReadyCheck, JobRunCheck } from '../../../core/job/job';
import { nodeClock } from '../../../local/machine/clock-node';
import { nodeConnections } from '../../../local/machine/connections-node';
import { createNodeFiles } from '../../../local/machine/files-node';
import { createNodeProcesses } from '../../../local/machine/processes-node';

export const HOST_PLATFORM = process.platform === 'darwin' ? 'macos-arm64' : process.arch === 'arm64' ? 'linux-arm64' : 'linux-x86_64';

export function makeJob(changes: Partial<Job> = {}): Job {
  return {
    schemaVersion: 1,
    buildId: '0123456789abcdef',
    name: 'toolbox',
    version: '1.4.0',
    platform: 'linux-x86_64',
    attempt: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    source: { sha256: '0'.repeat(64), sizeBytes: 1, epochSeconds: 315_532_800, projectPath: '.' },
    binaries: [{ name: 'tool', console: true }],
    checks: [],
    budgets: {},
    package: { format: 'tar.gz', split: false, installers: [] },
    secretNames: [],
    ...changes,
  };
}

export function runCheck(changes: Partial<JobRunCheck> = {}): JobRunCheck {
  return { kind: 'run', binary: 'tool', args: [], env: {}, stdin: '', timeoutMs: 10_000, exitCode: 0, ...changes };
}

export function readyCheck(changes: Partial<JobReadyCheck> = {}): JobReadyCheck {
  return { kind: 'ready', binary: 'tool', args: [], env: {}, withinMs: 10_000, launches: 1, ...changes };
}

export const files = createNodeFiles();
export const processes = createNodeProcesses();

export interface Workshop {
  readonly context: BuilderContext;
  readonly log: string[];
  /** A folder with one program, a script in `sh` unless it says otherwise. */
  program(script: string, others?: Readonly<Record<string, string | Uint8Array>>): Promise<BuiltBinary>;
  close(): Promise<void>;
}

/** A job directory in the temporary folder, on this machine's ports. */
export async function openWorkshop(changes: Partial<BuilderContext> = {}): Promise<Workshop> {
  const jobDirectory = await files.realPath(await files.makeTemporaryDirectory('slipway-test-'));
  const log: string[] = [];
  const context: BuilderContext = {
    files,
    processes,
    clock: nodeClock,
    connections: nodeConnections,
    downloads: {
      fetch: () => Promise.reject(new Error('nothing is downloaded here')),
    } as unknown as BuilderContext['downloads'],
    environment: Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    platform: HOST_PLATFORM,
    cpuCount: 1,
    homeDirectory: path.join(jobDirectory, 'home'),
    userDirectory: path.join(jobDirectory, 'user'),
    jobDirectory,
    log: (line) => void log.push(line),
    ...changes,
  };
  return {
    context,
    log,
    async program(script, others = {}) {
      const directory = path.join(jobDirectory, 'built', 'tool');
      const executable = path.join(directory, 'tool');
      await files.write(executable, script.startsWith('#!') ? script : `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      for (const [name, content] of Object.entries(others)) await files.write(path.join(directory, name), content, { mode: 0o644 });
      return { name: 'tool', directory, executable };
    },
    close: () => files.remove(jobDirectory),
  };
}

/** A program in Node, startable without any PATH. */
export const nodeScript = (source: string) => `#!${process.execPath}\n${source}\n`;

/** A zombie runs no more: some inits leave it for a while. */
export async function isRunning(pid: number): Promise<boolean> {
  if ((await files.stat(`/proc/${pid}/stat`)) === undefined) return false;
  return !/\) [ZX]/.test(await files.readText(`/proc/${pid}/stat`));
}

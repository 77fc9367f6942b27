/** Runs the bundled command line as a person would: a process of its own, that sees nothing of this one's environment but PATH. */
import '../../allow-processes';
import { spawn } from 'node:child_process';
import path from 'node:path';

export const ROOT = path.join(__dirname, '..', '..', '..');
const SLIPWAY = path.join(ROOT, 'dist', 'slipway.mjs');

export interface CommandOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Without it the command runs to its end. */
  readonly signal?: AbortSignal;
  /** All that it has written to standard output by now, each time that there is more. */
  readonly onOutput?: (stdout: string) => void;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Never rejects for an exit code. */
export function runSlipway(args: readonly string[], { cwd, environment, signal, onOutput }: CommandOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, [SLIPWAY, ...args], {
      cwd,
      // On Node 20 the SDK says that it will want a newer one: not what these suites are about.
      env: { PATH: process.env.PATH ?? '', NODE_NO_WARNINGS: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(stdout);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => {
      if (error.name !== 'AbortError') reject(error);
    });
    child.on('close', (code) => {
      resolve({ exitCode: code ?? -1, stdout, stderr, ms: performance.now() - startedAt });
    });
  });
}

export interface ErrorOfCommand {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** The envelope of a command that was run with `--json`. */
export function envelopeOf({ stdout, stderr, exitCode }: Ended): {
  readonly ok: boolean;
  readonly data?: unknown;
  readonly error?: ErrorOfCommand;
} {
  try {
    return JSON.parse(stdout) as { ok: boolean };
  } catch {
    throw new Error(`no envelope, exit code ${exitCode}: ${stdout}\n${stderr}`);
  }
}

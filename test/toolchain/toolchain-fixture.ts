/** A toolchain context on a temporary folder, with ports that answer from tables. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Downloads } from '../../core/ports/downloads';
import type { Processes, ProcessRequest, ProcessResult } from '../../core/ports/processes';
import { SlipwayError } from '../../core/slipway-error';
import { createNodeFiles } from '../../local/machine/files-node';
import { pinnedVersion } from '../../toolchain/pins';
import type { ToolchainContext } from '../../toolchain/toolchain-context';

export type Answer = (request: ProcessRequest) => Partial<ProcessResult> | undefined;

export interface ToolchainFixture {
  readonly context: ToolchainContext;
  readonly directory: string;
  readonly runs: ProcessRequest[];
  readonly lines: string[];
  close(): void;
}

export interface FixtureOptions extends Partial<Pick<ToolchainContext, 'environment' | 'platform' | 'userDirectory'>> {
  /** A program whose answer is undefined is not there. */
  readonly answer?: Answer;
  readonly downloads?: Downloads;
  /** What `find` knows, by name. */
  readonly found?: Readonly<Record<string, string>>;
}

export function createToolchainFixture(options: FixtureOptions = {}): ToolchainFixture {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'slipway-toolchain-')));
  const runs: ProcessRequest[] = [];
  const lines: string[] = [];
  const run: Processes['run'] = (request) => {
    runs.push(request);
    const answered = options.answer?.(request);
    if (answered === undefined) return Promise.reject(new SlipwayError('process-not-started', `cannot start '${request.command}'`));
    const result = { exitCode: 0, signal: null, isTimedOut: false, stdout: '', stderr: '', durationMs: 1, ...answered };
    for (const stream of ['stdout', 'stderr'] as const) if (result[stream] !== '') request.onOutput?.(stream, Buffer.from(result[stream]));
    return Promise.resolve(result);
  };
  return {
    directory,
    runs,
    lines,
    context: {
      files: createNodeFiles(),
      processes: {
        run,
        start: () => {
          throw new Error('the toolchain only runs processes to their end');
        },
        find: (name) => Promise.resolve(options.found?.[name]),
      },
      downloads: options.downloads ?? { text: unreachable, file: unreachable },
      environment: options.environment ?? { PATH: '' },
      platform: options.platform ?? 'linux-x86_64',
      cpuCount: 2,
      homeDirectory: path.join(directory, 'home'),
      userDirectory: options.userDirectory ?? path.join(directory, 'user'),
      log: (line) => lines.push(line),
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Puts a file in the place of uv, so that none is fetched. */
export function putUv({ context }: ToolchainFixture): void {
  const folder = path.join(context.homeDirectory, 'toolchains', `uv-${pinnedVersion('uv')}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'uv'), 'uv', { mode: 0o755 });
  writeFileSync(path.join(folder, 'slipway.json'), JSON.stringify({ sha256: createHash('sha256').update('uv').digest('hex') }));
}

function unreachable({ url }: { readonly url: string }): Promise<never> {
  return Promise.reject(new SlipwayError('download-failed', `cannot fetch '${url}': no network`));
}

/** Owns running uv: its environment, its output as log lines, its failures as errors. */
import type { ProcessResult } from '../../core/ports/processes';
import { SHORTEST_SECRET } from '../../core/redaction';
import { lineSplitter } from '../line-splitter';
import { uvEnvironment } from '../tool-environment';
import type { ToolchainContext } from '../toolchain-context';
import { ensureUv } from './fetch-uv';
import type { UvCommand } from './uv-command';
import { uvFailure } from './uv-failure';

const TIMEOUT_MS = 60 * 60_000;

export interface UvRunner {
  /** Its output goes to the log. @throws what {@link uvFailure} makes of it */
  run(command: UvCommand, environment?: Readonly<Record<string, string>>): Promise<ProcessResult>;
  /** A quiet question; failing is an answer too. */
  ask(args: readonly string[], cwd: string, env?: Readonly<Record<string, string>>, isRegistryUsed?: boolean): Promise<ProcessResult>;
  /** What a failed question means. */
  failure(command: UvCommand, result: ProcessResult): Error;
}

/**
 * Fetches uv where it is not there yet.
 * @param secretNames variables of the caller's environment whose values must not be shown
 */
export async function createUvRunner(context: ToolchainContext, secretNames: readonly string[]): Promise<UvRunner> {
  const uv = await ensureUv(context);
  const environment = await uvEnvironment(context);
  const plain = withoutRegistries(environment);
  const secrets = secretNames.map((name) => context.environment[name] ?? '').filter((value) => value.length >= SHORTEST_SECRET);
  const failure = (command: UvCommand, result: ProcessResult) => uvFailure(command, result.stderr, secrets);
  return {
    failure,
    ask: (args, cwd, env = {}, isRegistryUsed = true) =>
      context.processes.run({
        command: uv.path,
        args,
        cwd,
        env: { ...(isRegistryUsed ? environment : plain), ...env },
        timeoutMs: TIMEOUT_MS,
      }),
    async run(command, additional = {}) {
      const lines = lineSplitter((line) => context.log(line));
      const result = await context.processes.run({
        command: uv.path,
        args: command.args,
        cwd: command.cwd,
        env: { ...environment, ...additional, ...command.env, ...withIndexes(command, environment) },
        timeoutMs: TIMEOUT_MS,
        onOutput: (_, chunk) => lines.push(chunk),
      });
      lines.end();
      if (result.exitCode !== 0) throw failure(command, result);
      return result;
    },
  };
}

/** uv takes the options of its command line, or else this variable: so they are asked together only here. */
function withIndexes({ indexes }: UvCommand, environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (indexes === undefined) return {};
  const own = environment.UV_INDEX ?? '';
  return { UV_INDEX: [...indexes, ...(own === '' ? [] : [own])].join(' ') };
}

/** For questions that need no index: which one is configured would change the answer. */
function withoutRegistries(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = new Set(['UV_DEFAULT_INDEX', 'UV_INDEX', 'UV_INDEX_URL', 'UV_EXTRA_INDEX_URL', 'UV_FIND_LINKS', 'UV_INDEX_STRATEGY']);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.has(name)));
}

/** Runs a function instead of a buildspec, so that a build takes milliseconds. Sources and parameters are fetched as for a real one. */
import { codeBuildVariables, fetchSources, PhaseFailure, variablesOf } from './build-inputs';
import { OutputError } from './build-output';
import { failedPhase, SUCCEEDED, type Execution, type ExecutionContext, type OutputFile } from './execution';
import type { PlainFile } from './source-zip';

export interface FakeBuildContext {
  /** As the commands of a buildspec would see it, but for the folders. */
  readonly environment: Readonly<Record<string, string>>;
  /** A file of a secondary source, or of the primary one (''). */
  readonly source: (identifier: string, path: string) => Buffer | undefined;
  readonly print: (text: string) => void;
  /** Puts a file where `base-directory` is. */
  readonly write: (path: string, content: string | Buffer) => void;
  /** Aborted when the build is stopped or has timed out; the build then ends, whatever the function does. */
  readonly signal: AbortSignal;
}

/** Answers with the exit status of the one command of the BUILD phase. */
export type FakeBuild = (context: FakeBuildContext) => Promise<number> | number;

export function createFakeExecution(context: ExecutionContext, fake: FakeBuild): Execution {
  let sources: ReadonlyMap<string, readonly PlainFile[]> = new Map();
  let environment: Readonly<Record<string, string>> = {};
  const files = new Map<string, OutputFile>();
  return {
    async download() {
      try {
        sources = await fetchSources(context);
        const { build, readParameter, log } = context;
        environment = {
          ...(await variablesOf(build.environment?.environmentVariables ?? [], readParameter, log.hide)),
          ...codeBuildVariables(context),
        };
        return SUCCEEDED;
      } catch (thrown) {
        if (thrown instanceof PhaseFailure) return thrown.outcome;
        throw thrown;
      }
    },
    async run(phase) {
      if (phase !== 'BUILD') return SUCCEEDED;
      const exitCode = await fake({
        environment,
        source: (identifier, path) => sources.get(identifier)?.find((file) => file.path === path)?.content,
        print: context.log.output,
        write: (path, content) => {
          files.set(path, { path, content: Buffer.from(content) });
        },
        signal: context.signal,
      });
      if (exitCode === 0) return SUCCEEDED;
      return failedPhase('COMMAND_EXECUTION_ERROR', `Error while executing command: fake. Reason: exit status ${exitCode}`);
    },
    output() {
      if (files.size === 0) return Promise.reject(new OutputError('no matching artifact paths found'));
      return Promise.resolve({ files: [...files.values()] });
    },
    dispose: () => Promise.resolve(),
  };
}

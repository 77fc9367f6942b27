/**
 * Child processes. `local/machine/processes-node.ts` is the one module that starts any:
 * with an argument array, never a shell, and with the environment that it is given and one variable more, by which
 * `killTree` finds what has left its parent.
 */

export interface ProcessRequest {
  /** An absolute path, or a name looked up on the PATH of `env`. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  /** Written and closed; absent closes standard input at once, so that a prompt ends instead of hanging. */
  readonly stdin?: string;
  /** After it the whole tree is killed. */
  readonly timeoutMs?: number;
  /** Each chunk as it comes; a multi-byte character may be split over two. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;
  /** How much of each stream's end is kept in the result. Default 1 MiB. */
  readonly keepBytes?: number;
  /** Closes the reading end of standard output before the child writes, as `program | head -0` does. */
  readonly closeStdout?: boolean;
  /** Samples the tree's memory while it runs. Costs a little; default false. */
  readonly measureMemory?: boolean;
}

export interface ProcessResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly isTimedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  /** Highest sum of resident memory over the process tree; present with `measureMemory` where the host can tell. */
  readonly peakMemoryBytes?: number;
}

export interface RunningProcess {
  readonly pid: number;
  readonly result: Promise<ProcessResult>;
  /** Asks politely: SIGTERM; on Windows by closing its windows, and a program that has none is ended, for no other way reaches it. */
  stop(): void;
  /** What it started and what still runs, by pid, without itself. After its end: what it left behind. */
  survivors(): Promise<readonly number[]>;
  /** Ends the process and everything it started, also what has left its parent. Resolves when none is left. */
  killTree(): Promise<void>;
}

/** A process that outlives this one: in a session of its own, bound to no terminal. */
export interface DetachedRequest {
  /** An absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets both output streams, appended. */
  readonly outputPath: string;
  /** By it the process and all that it starts are found again, see `killMarked`. Short, without blanks. */
  readonly treeMarker: string;
}

export interface Processes {
  /** @throws SlipwayError `process-not-started` when the program is missing or may not run */
  start(request: ProcessRequest): RunningProcess;
  run(request: ProcessRequest): Promise<ProcessResult>;
  /** The full path of a program on the PATH of `env` (on Windows an .exe or .com: scripts need a shell), or undefined. */
  find(command: string, env: Readonly<Record<string, string>>): Promise<string | undefined>;
}

/** What the runner of this machine needs beside {@link Processes}. */
export interface DetachedProcesses {
  /** Resolves when the process runs. @throws SlipwayError `process-not-started` */
  startDetached(request: DetachedRequest): Promise<{ readonly pid: number }>;
  /**
   * Ends what a detached process has left behind after its own end: everything that carries its marker (Linux),
   * else the tree and group of `rootPid`, which the caller has made sure of. Resolves when none is left.
   */
  killMarked(treeMarker: string, rootPid: number | undefined): Promise<void>;
}

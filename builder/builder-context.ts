/** Owns what the builder is given: one job directory, the ports, and nothing that says where it runs. */
import type { Clock } from '../core/ports/clock';
import type { Connections } from '../core/ports/connections';
import type { ToolchainContext } from '../toolchain/toolchain-context';

export interface BuilderContext extends ToolchainContext {
  readonly clock: Clock;
  readonly connections: Connections;
  /** Holds `in/job.json` and `in/source.zip`; the builder fills `work/` and `out/`. Absolute. */
  readonly jobDirectory: string;
}

/** One binary as the compiler left it, before it is packed. */
export interface BuiltBinary {
  readonly name: string;
  /** The folder that ships, absolute. */
  readonly directory: string;
  /** The executable in it, absolute. */
  readonly executable: string;
  /**
   * The folder as it was before packing into one file, absolute: a packed file shows its bootloader only.
   * Read for requirements, libraries and secrets, beside what ships.
   */
  readonly inspectDirectory?: string;
}

/** Owns what one run of uv is: its purpose, its arguments, and what its environment holds beside the machine's. */

export interface UvCommand {
  readonly purpose: 'environment' | 'lock' | 'dependencies' | 'project' | 'compiler';
  /** After `uv`. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** What is added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** `name=url`, asked before those of this machine: as options they would take their place. */
  readonly indexes?: readonly string[];
}

/** Owns the list of commands in the order of the help. A command's file is loaded only when it runs. */
import type { CliCommand } from './command';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<{ readonly command: CliCommand }>;
}

export const COMMANDS: readonly CommandEntry[] = [];

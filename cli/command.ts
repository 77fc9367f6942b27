/** Owns the shape of a command file: `cli/commands/<name>.ts` exports one as `command`. */
import type { Command } from 'commander';
import type { CliContext, CommandResult } from './context';

export interface CliCommand {
  /** Adds arguments, options and examples. */
  define(command: Command): void;
  /**
   * Arguments -> a use-case -> what to render. Throws SlipwayError; never exits, never prints a result itself.
   * A command that streams (logs --follow, status --watch, serve) may write to the terminal as it goes.
   */
  run(context: CliContext, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<CommandResult>;
}

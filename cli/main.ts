/**
 * Owns the way of a command line: global options, the command's file, the rendering of results and errors, the exit code.
 * What a command does belongs to its file; `--version` loads nothing else.
 */
import { Command, CommanderError } from 'commander';
import { failure, success } from '../core/envelope';
import { exitCodeOf, EXIT, SlipwayError, toSlipwayError } from '../core/slipway-error';
import { COMMANDS, type CommandEntry } from './command-table';
import type { CliContext, CommandResult, GlobalOptions, Terminal } from './context';
import { withTypedPlace } from './typed-place';

export interface CliHost {
  readonly argv: readonly string[];
  readonly version: string;
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Makes the context of one command. */
  context(globals: GlobalOptions): CliContext;
}

/** Runs one command line. @returns the exit code; never throws */
export async function runCli(host: CliHost): Promise<number> {
  let isJson = host.argv.includes('--json');
  let typed: GlobalOptions | undefined;
  try {
    const selected: { run?: () => Promise<CommandResult> } = {};
    const program = await defineProgram(host, (entry, args, options, globals) => {
      isJson = globals.json;
      typed = globals;
      selected.run = async () => (await entry.load()).command.run(host.context(globals), args, options);
    });
    await program.parseAsync([...host.argv], { from: 'user' });
    if (selected.run === undefined) return EXIT.done;
    const result = await selected.run();
    if (isJson) host.terminal.write(`${JSON.stringify(success(result.data))}\n`);
    else if (result.text !== '') host.terminal.write(result.text.endsWith('\n') ? result.text : `${result.text}\n`);
    return result.exitCode ?? EXIT.done;
  } catch (thrown) {
    return renderFailure(host, thrown, { isJson, typed });
  }
}

type Select = (entry: CommandEntry, args: readonly string[], options: Record<string, unknown>, globals: GlobalOptions) => void;

async function defineProgram(host: CliHost, select: Select): Promise<Command> {
  const program = new Command('slipway');
  configure(program, host)
    .description('Builds self-contained binaries, proves that they run, and hands them out by expiring links.')
    .version(host.version, '--version', 'print the version')
    .helpCommand('help [command]', 'show the help of a command');
  addGlobalOptions(program);
  const named = COMMANDS.find(
    (entry) => entry.name === firstWord(host.argv) || (firstWord(host.argv) === 'help' && host.argv.includes(entry.name)),
  );
  for (const entry of COMMANDS) {
    const command = configure(program.command(entry.name, { hidden: entry.isHidden === true }).description(entry.summary), host);
    if (entry !== named) continue;
    addGlobalOptions(command);
    (await entry.load()).command.define(command);
    command.action(() => {
      const options: Record<string, unknown> = command.opts();
      select(entry, command.args, options, readGlobals({ ...program.opts(), ...options }));
    });
  }
  return program;
}

function configure(command: Command, host: CliHost): Command {
  return command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: (text) => host.terminal.write(text), writeErr: () => undefined });
}

/** Global options may stand before or after the command's name. */
function addGlobalOptions(command: Command): void {
  command
    .option('--target <local|aws>', 'where to build: this machine or the deployment')
    .option('--app <name>', 'the application, where no slipway.yaml says it')
    .option('--config <file>', 'the slipway.yaml to use')
    .option('--region <region>', 'the AWS region of the deployment')
    .option('--stage <stage>', 'the stage of the deployment')
    .option('--profile <profile>', 'the AWS profile to use')
    .option('--json', 'print one JSON envelope on standard output')
    .option('--quiet', 'print results and errors only');
}

const GLOBAL_OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set(['--target', '--app', '--config', '--region', '--stage', '--profile']);

function firstWord(argv: readonly string[]): string | undefined {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    if (!word?.startsWith('-')) return word;
    if (GLOBAL_OPTIONS_WITH_VALUE.has(word)) i += 1;
  }
  return undefined;
}

function readGlobals(options: Record<string, unknown>): GlobalOptions {
  const text = (key: string) => (typeof options[key] === 'string' ? { [key]: options[key] } : {});
  const target = options.target as string | undefined;
  if (target !== undefined && target !== 'local' && target !== 'aws') {
    throw new SlipwayError('bad-usage', `unknown target '${target}'`, { hint: 'use --target local or --target aws' });
  }
  return {
    ...(target === undefined ? {} : { target }),
    ...text('app'),
    ...text('config'),
    ...text('region'),
    ...text('stage'),
    ...text('profile'),
    json: options.json === true,
    quiet: options.quiet === true,
  };
}

interface Typed {
  readonly isJson: boolean;
  /** Undefined where the line could not be read. */
  readonly typed: GlobalOptions | undefined;
}

function renderFailure(host: CliHost, thrown: unknown, { isJson, typed }: Typed): number {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return EXIT.done;
    return renderError(host, usageError(thrown), isJson);
  }
  const error = toSlipwayError(thrown);
  return renderError(host, typed === undefined ? error : atTypedPlace(error, typed), isJson);
}

/** The same error, its hint to be typed as it stands. */
function atTypedPlace(error: SlipwayError, typed: GlobalOptions): SlipwayError {
  const hint = error.hint === undefined ? undefined : withTypedPlace(error.hint, typed);
  if (hint === undefined || hint === error.hint) return error;
  return new SlipwayError(error.code, error.message, { hint, details: error.details, cause: error });
}

function usageError(error: CommanderError): SlipwayError {
  const message =
    error.code === 'commander.help'
      ? 'no command given'
      : error.message
          .replace(/^error: /, '')
          .split('\n')
          .join(' ')
          .trim();
  return new SlipwayError('bad-usage', message, { hint: 'run slipway --help, or slipway COMMAND --help' });
}

function renderError(host: CliHost, error: SlipwayError, isJson: boolean): number {
  if (isJson) host.terminal.write(`${JSON.stringify(failure(error))}\n`);
  host.terminal.note(`error: ${error.message} [${error.code}]\n`);
  if (error.hint !== undefined) host.terminal.note(`hint: ${error.hint}\n`);
  if ((host.environment.SLIPWAY_DEBUG ?? '') !== '') host.terminal.note(`${causes(error)}\n`);
  return exitCodeOf(error.code);
}

function causes(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${causes(error.cause)}` : own;
}

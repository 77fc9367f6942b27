/** `slipway doctor`: what this host can build, what is missing, and the command that gets it. */
import { type ExaminedItem, examineHost } from '../../core/host/host-examination';
import { EXIT } from '../../core/slipway-error';
import type { CliCommand } from '../command';

const MARKS: Readonly<Record<ExaminedItem['state'], string>> = { ready: 'ok', missing: 'missing', advised: 'advised', low: 'low' };

export const command: CliCommand = {
  define(command) {
    command.addHelpText(
      'after',
      `\nFetches nothing. Exits with ${EXIT.done} when a program can be built here, else with ${EXIT.toolMissing}.`,
    );
  },
  async run(context) {
    const host = await context.host();
    const examination = examineHost(host);
    return {
      data: { ...examination, host },
      text: [...examination.items.flatMap(linesOf), '', verdict(host.platform, examination.items)].join('\n'),
      exitCode: examination.canBuild ? EXIT.done : EXIT.toolMissing,
    };
  },
};

function linesOf(item: ExaminedItem): readonly string[] {
  const line = `${MARKS[item.state].padEnd(8)} ${item.name.padEnd(11)} ${item.detail}`;
  return item.hint === undefined ? [line] : [line, `${' '.repeat(21)}${item.hint}`];
}

function verdict(platform: string, items: readonly ExaminedItem[]): string {
  const missing = items.filter(({ state }) => state === 'missing').map(({ name }) => name);
  return missing.length === 0
    ? `this machine builds ${platform}`
    : `this machine cannot build ${platform} yet: ${missing.join(' and ')} missing`;
}

/** `slipway doctor`: what this host can build, or what a deployment can, what is missing, and the command that gets it. */
import type { DeploymentExamination } from '../../core/deployment/deployment-examination';
import { type ExaminedItem, examineHost } from '../../core/host/host-examination';
import { EXIT, exitCodeOf } from '../../core/slipway-error';
import { readApplication } from '../project/application';
import type { CliCommand } from '../command';
import type { CliContext, CommandResult } from '../context';

const MARKS: Readonly<Record<ExaminedItem['state'], string>> = { ready: 'ok', missing: 'missing', advised: 'advised', low: 'low' };

export const command: CliCommand = {
  define(command) {
    command.addHelpText(
      'after',
      `\nFetches nothing. Exits with ${EXIT.done} when a program can be built here, else with ${EXIT.toolMissing}.\n` +
        'With --target aws it looks at the credentials, the deployment and its quotas instead, and exits as what is missing would:\n' +
        `${EXIT.credentialsMissing} for credentials or the deployment, ${EXIT.forbidden} for rights, ${EXIT.unavailable} for AWS itself.`,
    );
  },
  async run(context) {
    const { target, place } = await readApplication(context);
    return target === 'local' ? examineThisHost(context) : examineDeployment(context, place);
  },
};

async function examineThisHost(context: CliContext): Promise<CommandResult> {
  const host = await context.host();
  const examination = examineHost(host);
  return {
    data: { ...examination, host },
    text: [...examination.items.flatMap(linesOf), '', verdict(host.platform, examination.items)].join('\n'),
    exitCode: examination.canBuild ? EXIT.done : EXIT.toolMissing,
  };
}

async function examineDeployment(context: CliContext, place: Parameters<CliContext['deployer']>[0]): Promise<CommandResult> {
  const [{ examineDeployment: judge }, deployer] = await Promise.all([
    import('../../core/deployment/deployment-examination'),
    context.deployer(place),
  ]);
  const { problems, ...facts } = await deployer.examine();
  const examination = judge({ ...facts, problems });
  return {
    data: { ...examination, ...facts },
    text: [...examination.items.flatMap(linesOf), '', deploymentVerdict(place.stage, examination)].join('\n'),
    exitCode: exitCodeOfDeployment(examination),
  };
}

/** Of the first thing that is missing: what follows it is missing for its sake. */
function exitCodeOfDeployment({ items }: DeploymentExamination): number {
  const missing = items.find(({ state }) => state === 'missing');
  return missing?.code === undefined ? EXIT.done : exitCodeOf(missing.code);
}

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

function deploymentVerdict(stage: string, { canBuild, items }: DeploymentExamination): string {
  const inTheWay = items.filter(({ state }) => state === 'missing').map(({ name }) => name);
  return canBuild ? `stage ${stage} takes builds` : `stage ${stage} takes no builds from here: see ${inTheWay.join(' and ')} above`;
}

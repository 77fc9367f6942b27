/**
 * Confirms in a real account what no emulator can: `npm run smoke:aws`, see docs/aws-smoke.md.
 * Makes a stage of its own, builds, hands out, and removes it again. Runs against an emulator too, where AWS_ENDPOINT_URL names one.
 */
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { runSteps } from './run-steps';
import { SMOKE_STEPS } from './smoke-steps';
import { SmokeWorld } from './smoke-world';
import { listText, stepsAsMarkdown } from './step-text';

const USAGE = `usage: npm run smoke:aws -- --confirm ACCOUNT [--region REGION] [--profile PROFILE] [--stage STAGE]
         [--settings FILE] [--only NAMES] [--without NAMES] [--list]

  --confirm ACCOUNT  the twelve digits of the account that pays for it; credentials of another are refused
  --stage STAGE      a stage that is there for this alone (default smoke): it is destroyed at the end
  --settings FILE    a slipway-deployment.yaml of that stage (default: the defaults)
  --only, --without  names of steps, with commas: --without arm,windows,windows-failure,destroy
  --list             says what would be run and what it costs, and runs nothing
`;

const OPTIONS = {
  confirm: { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  stage: { type: 'string', default: 'smoke' },
  settings: { type: 'string' },
  only: { type: 'string' },
  without: { type: 'string', default: '' },
  list: { type: 'boolean', default: false },
  table: { type: 'boolean', default: false },
} as const;

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.table) process.stdout.write(stepsAsMarkdown(SMOKE_STEPS));
  else if (values.list) process.stdout.write(`${listText(SMOKE_STEPS)}\n`);
  if (values.table || values.list) return 0;
  const [only, without] = [namesOf(values.only ?? ''), namesOf(values.without)];
  const { region, account } = await placeOf(values);
  if (values.confirm !== account) {
    process.stderr.write(`error: the credentials are of account '${account}', confirmed is '${values.confirm ?? ''}'\n${USAGE}`);
    return 2;
  }
  const world = new SmokeWorld({
    stage: values.stage,
    region,
    account,
    profile: values.profile,
    settings: values.settings === undefined ? undefined : path.resolve(values.settings),
    programDirectory: path.dirname(fileURLToPath(import.meta.url)),
  });
  try {
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    say(`stage ${values.stage} in ${region} of account ${account}${world.isEmulator ? ', an emulator' : ''}`);
    const choice = { only: only.length === 0 ? undefined : only, without, ...(process.stdin.isTTY ? { looked } : {}) };
    return (await runSteps(SMOKE_STEPS, world, choice, say)) ? 0 : 1;
  } finally {
    world.close();
  }
}

/** What comes after it removes what there is to look at. */
async function looked(what: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  await terminal.question(`look at ${what}\npress Enter when you have: `);
  terminal.close();
}

/** @throws Error for a name that no step has */
function namesOf(text: string): readonly string[] {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !SMOKE_STEPS.some((step) => step.name === name));
  if (unknown !== undefined) throw new Error(`there is no step '${unknown}', there are ${SMOKE_STEPS.map(({ name }) => name).join(', ')}`);
  return names;
}

async function placeOf({
  region,
  profile,
}: {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}): Promise<{ readonly region: string; readonly account: string }> {
  const sts = new STSClient({ ...(region === undefined ? {} : { region }), ...(profile === undefined ? {} : { profile }) });
  try {
    const { Account: account = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { region: await sts.config.region(), account };
  } finally {
    sts.destroy();
  }
}

// As in bin/slipway.ts.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
process.exitCode = await main(process.argv.slice(2)).catch((thrown: unknown) => {
  process.stderr.write(`error: ${thrown instanceof Error ? thrown.message : String(thrown)}\n${USAGE}`);
  return 2;
});

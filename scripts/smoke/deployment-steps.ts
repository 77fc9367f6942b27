/** Steps about the deployment itself: making it, looking at it, removing it. */
import type { DeployOutcome, DestroyOutcome } from '../../core/deployment/deployer';
import { require, type SmokeStep } from './smoke-step';
import type { SmokeWorld } from './smoke-world';

const settingsOf = ({ options }: SmokeWorld) => (options.settings === undefined ? [] : ['--settings', options.settings]);

export const deploy: SmokeStep = {
  name: 'deploy',
  title: 'Deploy the three stacks',
  proves: [
    {
      says: 'CloudFormation takes the templates: names, policies, log groups, metric filters, the HTTP API',
      page: 'https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-deploy.html',
    },
    {
      says: 'one bootstrap serves every CDK app of an account and region',
      page: 'https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html',
    },
  ],
  expected: 'stage smoke runs this version of slipway; about 4 minutes, 2 more where the CDK was never bootstrapped',
  async run(world) {
    const { config, quotas, quotaProblem } = await world.call<DeployOutcome>(['deploy', '--bootstrap', '--yes', ...settingsOf(world)]);
    require(config.account === world.options.account, `it was deployed to account ${config.account}`);
    const low = quotas.map(({ quota, value }) => `; ${quota} is ${value}`).join('');
    const unknown = quotaProblem === undefined ? '' : '; its quotas are not known';
    return `stage ${config.stage} runs slipway ${config.slipwayVersion}${low}${unknown}`;
  },
};

export const doctor: SmokeStep = {
  name: 'doctor',
  title: 'Look at it as an operator does',
  needs: ['deploy'],
  proves: [
    {
      says: 'a function can be invoked, and its answer read, with the rights of an operator',
      page: 'https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html',
    },
    {
      says: 'quotas of running builds are named by environment and size, such as "Concurrently running builds for Linux/Medium environment"',
      page: 'https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html',
    },
  ],
  expected: 'the same version on both sides, an answer within a second, no quota that is missing from the list',
  async run(world) {
    const seen = await world.call<{
      readonly answerMs: number;
      readonly items: readonly { name: string; state: string; detail: string }[];
    }>(['doctor', ...['--target', 'aws']]);
    const odd = seen.items.filter(({ state }) => state !== 'ready').map(({ name, detail }) => `${name}: ${detail}`);
    return [`answered in ${seen.answerMs} ms`, ...odd].join('; ');
  },
};

export const alarms: SmokeStep = {
  name: 'alarms',
  title: 'Alarms in the console',
  needs: ['deploy'],
  proves: [
    {
      says: 'every alarm finds its metric once something was counted, and tells the topic',
      page: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html',
    },
    {
      says: 'request metrics of a prefix count denied downloads at S3',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-configurations.html',
    },
  ],
  expected:
    'builds-failed went to ALARM after the step failure and back to OK; no alarm is in "Insufficient data" for want of a metric that exists',
  notInEmulator: 'an alarm of the emulator is driven by a test of its own, in test/cloud',
  look: ({ options: { region, stage } }) =>
    `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#alarmsV2:?search=slipway-${stage}`,
};

export const destroy: SmokeStep = {
  name: 'destroy',
  title: 'Remove everything',
  needs: ['deploy'],
  proves: [
    {
      says: 'a bucket that was emptied of versions and markers goes with its stack',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html',
    },
    {
      says: 'access logs are delivered late, so that their bucket is kept and named',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html',
    },
  ],
  expected: 'nothing is left but the bucket of access logs, with the command that removes it',
  async run(world) {
    const { stage } = world.options;
    const outcome = await world.call<DestroyOutcome>(['destroy', '--confirm', stage, ...settingsOf(world)]);
    const { code } = await world.refusal(['status', '--target', 'aws']);
    require(code === 'deployment-not-found', `a call after it ends with ${code}`);
    const kept = outcome.retained.map(({ what, command }) => `kept: ${what}; ${command}`);
    return [`${outcome.removedObjects} versions and ${outcome.removedParameters} parameters removed`, ...kept].join('; ');
  },
};

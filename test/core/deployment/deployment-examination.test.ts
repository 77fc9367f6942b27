/** What `slipway doctor --target aws` makes of what was found. */
import { hostOfMachine } from '../../../core/deployment/build-machine-host';
import { MACHINES_OF, REMOTE_PLATFORM_IDS } from '../../../core/deployment/build-machines';
import { examineDeployment, type DeploymentFacts } from '../../../core/deployment/deployment-examination';
import { SlipwayError } from '../../../core/slipway-error';
import { deploymentConfig } from '../../fakes/deployment-config';

const config = deploymentConfig();
const facts: DeploymentFacts = {
  stage: 'prod',
  clientVersion: '1.0.0',
  region: 'eu-central-1',
  credentials: { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/ada', source: "profile 'release', by IAM Identity Center" },
  config,
  answerMs: 120,
  quotas: [],
  problems: {},
};
const linesOf = (found: DeploymentFacts) => examineDeployment(found).items.map(({ state, name, detail }) => `${state} ${name}: ${detail}`);

test('everything in its place, each with where it was found', () => {
  expect(examineDeployment(facts).canBuild).toBe(true);
  expect(linesOf(facts)).toEqual([
    'ready region: eu-central-1',
    "ready credentials: of account 111122223333, arn:aws:iam::111122223333:user/ada, from profile 'release', by IAM Identity Center",
    'ready deployment: stage prod of account 111122223333, bucket artifacts, 10 jobs at once',
    'ready version: 1.0.0, the same as this slipway',
    'ready builds: linux-x86_64 on BUILD_GENERAL1_MEDIUM of LINUX_CONTAINER ($0.01 a minute)',
    'ready gate: https://gate.example/',
    'ready calls: the function status answers, in 120 ms',
    'ready quotas: enough for 10 jobs at once',
  ]);
});

test('another version that still understands this one is advice, and so is a missing gate and quotas that may not be read', () => {
  const denied = new SlipwayError('access-denied', 'Service Quotas denies', { hint: 'ask' });
  const { quotas, ...unknown } = facts;
  expect(quotas).toEqual([]);
  const found: DeploymentFacts = { ...unknown, clientVersion: '1.1.0', config: { ...config, gateUrl: null }, problems: { quotas: denied } };
  const { canBuild, items } = examineDeployment(found);
  expect(canBuild).toBe(true);
  expect(items.filter(({ state }) => state === 'advised')).toMatchObject([
    { name: 'version', hint: 'bring it up to this version with: slipway deploy --stage prod' },
    { name: 'gate', hint: expect.stringContaining('slipway deploy') as string },
    { name: 'quotas', detail: 'not known: Service Quotas denies [access-denied]', code: 'access-denied' },
  ]);
});

test('a quota that is too low says what raises it', () => {
  const found: DeploymentFacts = { ...facts, quotas: [{ quota: 'CodeBuild: Linux/Medium', value: 1, remedy: 'ask for more' }] };
  expect(examineDeployment(found)).toMatchObject({
    canBuild: true,
    items: expect.arrayContaining([
      { name: 'quota', state: 'low', detail: 'CodeBuild: Linux/Medium is 1', hint: 'ask for more' },
    ]) as unknown,
  });
});

test.each(['region', 'credentials', 'deployment', 'calls'] as const)('a problem with %s is what is missing, by its code', (subject) => {
  const problem = new SlipwayError('access-denied', 'no', { hint: 'use another profile' });
  const { canBuild, items } = examineDeployment({ stage: 'prod', clientVersion: '1.0.0', problems: { [subject]: problem } });
  expect(canBuild).toBe(false);
  expect(items).toEqual([
    { name: subject, state: 'missing', detail: 'no [access-denied]', code: 'access-denied', hint: 'use another profile' },
  ]);
});

test.each(REMOTE_PLATFORM_IDS)('a plan for %s has a host', (platform) => {
  const host = hostOfMachine(platform, MACHINES_OF[platform]);
  expect(host.platform).toBe(platform);
  expect(host.cpuCount).toBeGreaterThanOrEqual(4);
  const isLinux = platform.startsWith('linux');
  expect([host.glibc, host.cCompiler?.kind]).toEqual(isLinux ? ['2.34', 'gcc'] : [undefined, undefined]);
  expect(hostOfMachine(platform, { ...MACHINES_OF[platform], image: 'own/image:1' }).glibc).toBeUndefined();
});

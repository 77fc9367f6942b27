/** cdk-nag's AwsSolutions pack over the whole app: no finding without an acknowledgement that gives the reason. */
import { synthesize } from './synthesized-stage';

test.each([
  ['the defaults', {}],
  ['everything that can be set', { notifications: { emails: ['builds@example.com'] }, dashboard: true, dualStack: true }],
  ['an image of one’s own', { platforms: { 'linux-x86_64': { image: '111122223333.dkr.ecr.eu-central-1.amazonaws.com/manylinux:1' } } }],
  ['no gate', { gate: 'none', alarms: false }],
])('%s have no open finding', (_, settings) => {
  expect(() => synthesize([settings], { isJudged: true })).not.toThrow();
});

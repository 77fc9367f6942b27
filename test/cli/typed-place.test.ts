/** What is named to be typed next leads to where the typed command led. */
import { withTypedPlace } from '../../cli/typed-place';

const FLAGS = { json: false, quiet: false };

test.each([
  ['see slipway status x1 --watch', {}, 'see slipway status x1 --watch'],
  ['see slipway status x1', { target: 'aws' }, 'see slipway status --target aws x1'],
  [
    'follow it with slipway status x1 --watch, end it with slipway cancel x1',
    { target: 'aws', stage: 'dev', region: 'eu-central-1' },
    'follow it with slipway status --target aws --stage dev --region eu-central-1 x1 --watch, end it with slipway cancel --target aws --stage dev --region eu-central-1 x1',
  ],
  ['run slipway distribute again', { profile: 'my own' }, 'run slipway distribute --profile "my own" again'],
  // They name their stage themselves, and an application goes on to be what the hint says.
  ['run slipway deploy --stage dev', { stage: 'dev' }, 'run slipway deploy --stage dev'],
  ['run slipway distribute --app a', { app: 'b' }, 'run slipway distribute --app a'],
  ['update slipway, or run statuses', { target: 'aws' }, 'update slipway, or run statuses'],
] as const)('%s, after %j', (text, typed, expected) => {
  expect(withTypedPlace(text, { ...FLAGS, ...typed })).toBe(expected);
});

/** Tokens of links in one SecureString per application. */
import { createSsmLinkTokens } from '../../../aws/distribution/link-tokens-ssm';
import type { Parameters } from '../../../core/ports/parameters';

const NAME = '/slipway/prod/apps/fieldkit/distribution';
const [FIRST, SECOND] = ['0000000000000001', '0000000000000002'];

function parametersWith(values = new Map<string, string>()) {
  const kinds: boolean[] = [];
  const parameters: Parameters = {
    read: (name) => Promise.resolve(values.get(name)),
    write: (name, value, { isSecret = false } = {}) => {
      kinds.push(isSecret);
      return Promise.resolve(void values.set(name, value));
    },
    remove: (name) => Promise.resolve(void values.delete(name)),
  };
  return { values, kinds, parameters, tokens: createSsmLinkTokens({ parameters, stage: 'prod' }) };
}

test('the new token stands beside the old one until that is forgotten', async () => {
  const { values, kinds, tokens } = parametersWith();
  await tokens.write('fieldkit', FIRST, 'token-1');
  await tokens.write('fieldkit', SECOND, 'token-2');
  expect([await tokens.read('fieldkit', FIRST), await tokens.read('fieldkit', SECOND)]).toEqual(['token-1', 'token-2']);
  await tokens.forget('fieldkit', FIRST);
  expect(JSON.parse(values.get(NAME) ?? '')).toEqual({ schemaVersion: 1, links: [{ distId: SECOND, token: 'token-2' }] });
  expect(kinds.every((isSecret) => isSecret)).toBe(true);
  expect(await tokens.read('fieldkit', FIRST)).toBeUndefined();
  expect(await tokens.read('other', SECOND)).toBeUndefined();
});

test('with the last token the parameter goes, and its history', async () => {
  const { values, tokens } = parametersWith();
  await tokens.forget('fieldkit', FIRST);
  await tokens.write('fieldkit', FIRST, 'token-1');
  await tokens.forget('fieldkit', FIRST);
  expect(values.size).toBe(0);
});

test('writing the same again writes nothing', async () => {
  const { kinds, tokens } = parametersWith();
  await tokens.write('fieldkit', FIRST, 'token-1');
  await tokens.write('fieldkit', FIRST, 'token-1');
  expect(kinds).toHaveLength(1);
});

test('two that write at once both stay', async () => {
  const { parameters } = parametersWith();
  const [a, b] = [createSsmLinkTokens({ parameters, stage: 'prod' }), createSsmLinkTokens({ parameters, stage: 'prod' })];
  await Promise.all([a.write('fieldkit', FIRST, 'token-1'), b.write('fieldkit', SECOND, 'token-2')]);
  expect([await a.read('fieldkit', FIRST), await a.read('fieldkit', SECOND)]).toEqual(['token-1', 'token-2']);
});

test('a token that another wrote over comes back when the one before it is forgotten', async () => {
  const { values, parameters, tokens } = parametersWith();
  await tokens.write('fieldkit', SECOND, 'token-2');
  values.set(NAME, JSON.stringify({ schemaVersion: 1, links: [{ distId: FIRST, token: 'token-1' }] }));
  await tokens.forget('fieldkit', FIRST);
  expect(await createSsmLinkTokens({ parameters, stage: 'prod' }).read('fieldkit', SECOND)).toBe('token-2');
});

test('what cut-off commands left behind makes room', async () => {
  const { values, tokens } = parametersWith();
  for (let at = 0; at < 40; at++) await tokens.write('fieldkit', String(at).padStart(16, '0'), 't'.repeat(32));
  expect(Buffer.byteLength(values.get(NAME) ?? '')).toBeLessThan(4_096);
  expect(await tokens.read('fieldkit', '39'.padStart(16, '0'))).toBe('t'.repeat(32));
});

test('a parameter that is not ours is neither read as one nor written over', async () => {
  const { values, tokens } = parametersWith(new Map([[NAME, 'by hand']]));
  const failure = { code: 'record-corrupt', message: expect.stringContaining(NAME) as string };
  await expect(tokens.read('fieldkit', FIRST)).rejects.toMatchObject(failure);
  await expect(tokens.write('fieldkit', FIRST, 't')).rejects.toMatchObject(failure);
  expect(values.get(NAME)).toBe('by hand');
});

test('a parameter that never holds what was written is told', async () => {
  const { parameters } = parametersWith();
  const tokens = createSsmLinkTokens({ parameters: { ...parameters, write: () => Promise.resolve() }, stage: 'prod' });
  await expect(tokens.write('fieldkit', FIRST, 't')).rejects.toMatchObject({ code: 'parameter-not-written' });
});

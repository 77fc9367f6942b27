/** Finding a deployment by its one parameter. */
import { findDeployment } from '../../../aws/client/find-deployment';
import { API_VERSION } from '../../../core/api/call';
import { deploymentConfig } from '../../fakes/deployment-config';

const config = deploymentConfig({ platforms: {}, gateUrl: null });
const place = { stage: 'prod', region: 'eu-central-1', clientVersion: '1.0.0' };

function ssmAnswering(answer: string | Error) {
  const asked: unknown[] = [];
  return {
    asked,
    send: (command: { readonly input: unknown }) => {
      asked.push(command.input);
      return typeof answer === 'string' ? Promise.resolve({ Parameter: { Value: answer } }) : Promise.reject(answer);
    },
  };
}

test('the parameter of the stage is read, and nothing else', async () => {
  const ssm = ssmAnswering(JSON.stringify(config));
  await expect(findDeployment(ssm as never, place)).resolves.toEqual(config);
  expect(ssm.asked).toEqual([{ Name: '/slipway/prod/config' }]);
});

test('a missing parameter says which stage and region were meant, and how to make one', async () => {
  const ssm = ssmAnswering(Object.assign(new Error('nope'), { name: 'ParameterNotFound' }));
  await expect(findDeployment(ssm as never, place)).rejects.toMatchObject({
    code: 'deployment-not-found',
    message: expect.stringContaining("'prod' in region 'eu-central-1'") as string,
    hint: expect.stringContaining('slipway deploy --stage prod') as string,
  });
});

test.each([
  ['newer', JSON.stringify({ ...config, apiVersion: API_VERSION + 1, slipwayVersion: '2.0.0' }), /update slipway/, /'2\.0\.0'/],
  ['older', JSON.stringify({ ...config, apiVersion: 0, slipwayVersion: '0.1.0' }), /slipway deploy --stage prod/, /'0\.1\.0'/],
  ['unreadable', 'garbage', /slipway deploy --stage prod/, /another version/],
])('a deployment that is %s is refused with what to do', async (_what, text, hint, message) => {
  await expect(findDeployment(ssmAnswering(text) as never, place)).rejects.toMatchObject({
    code: 'deployment-mismatch',
    hint: expect.stringMatching(hint) as string,
    message: expect.stringMatching(message) as string,
  });
});

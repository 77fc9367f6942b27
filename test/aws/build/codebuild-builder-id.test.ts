import { codeBuildBuilderId } from '../../../aws/build/codebuild-builder-id';

test.each([
  ['arn:aws:sns:eu-central-1:123456789012:slipway-prod', 'arn:aws:codebuild:eu-central-1:123456789012:project/slipway-prod-linux'],
  ['arn:aws-cn:sns:cn-north-1:123456789012:topic', 'arn:aws-cn:codebuild:cn-north-1:123456789012:project/slipway-prod-linux'],
])('beside %s the project is %s', (neighbour, expected) => {
  expect(codeBuildBuilderId(neighbour, 'slipway-prod-linux')).toBe(expected);
  expect(new URL(expected).protocol).toBe('arn:');
});

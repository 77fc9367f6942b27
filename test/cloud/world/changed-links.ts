/** What somebody who holds a signed address may try to make of it, and addresses that are signed well and over. */
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { createBoundLinks, type BoundLinkRequest } from '../../../aws/distribution/bound-links';
import { VARIABLE } from '../../../lambda/environment';
import type { Deployment } from './deployment';

/** What was changed -> the address. Each part of it is signed. */
export function changesOf(url: string): Readonly<Record<string, string>> {
  const changed = (change: (address: URL) => void) => {
    const address = new URL(url);
    change(address);
    if (address.href === new URL(url).href) throw new Error('nothing was changed');
    return address.href;
  };
  const set = (name: string, value: string) => changed(({ searchParams }) => searchParams.set(name, value));
  const { searchParams } = new URL(url);
  const signature = searchParams.get('X-Amz-Signature') ?? '';
  return {
    'another signature': set('X-Amz-Signature', `${signature.startsWith('0') ? '1' : '0'}${signature.slice(1)}`),
    'another version': set('versionId', '00000000-0000-0000-0000-000000000000'),
    'no version': changed((address) => address.searchParams.delete('versionId')),
    'another file of the distribution': changed((address) => (address.pathname = address.pathname.replace(/[^/]+$/, 'manifest.json'))),
    'the record of a build': changed(
      (address) => (address.pathname = address.pathname.replace(/distributions\/.*$/, 'records/builds/x.json')),
    ),
    'a longer life': set('X-Amz-Expires', '604800'),
    'a later beginning': set('X-Amz-Date', compactDate(Date.now() + 60_000)),
    'another session': set('X-Amz-Security-Token', 'another'),
    'another name to save it by': set('response-content-disposition', 'inline'),
  };
}

/** `20261121T080000Z` */
export function compactDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Signs with the deployed link role, as if it were another time. */
export async function signAt(deployment: Deployment, nowMs: number, request: Omit<BoundLinkRequest, 'audience'>): Promise<string> {
  const { cloud, lambda } = deployment.world;
  const command = new GetFunctionConfigurationCommand({ FunctionName: `slipway-${deployment.stage}-distribute` });
  const linkRoleArn = (await lambda.send(command)).Environment?.Variables?.[VARIABLE.linkRoleArn] ?? '';
  const sts = new STSClient(cloud.clientConfig);
  const s3For = (credentials: object) => new S3Client({ ...cloud.clientConfig, credentials: credentials as never, forcePathStyle: true });
  const clock = { nowMs: () => nowMs, sleep: () => Promise.resolve() };
  const links = createBoundLinks({ sts, s3For, linkRoleArn, bucket: deployment.config.bucket, clock });
  try {
    return (await links.sign({ ...request, audience: 'everybody' })).url;
  } finally {
    sts.destroy();
  }
}

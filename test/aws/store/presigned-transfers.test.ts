/** What presigned addresses sign. Whether S3 takes them is asked in test/cloud. */
import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { createPresignedTransfers } from '../../../aws/store/presigned-transfers';
import { createManualClock } from '../../fakes/manual-clock';

const NOW = '2026-11-21T08:00:00.500Z';
const sha256 = createHash('sha256').update('source').digest('hex');
const upload = { key: 'sources/x.zip', sizeBytes: 6, sha256, expiresInSeconds: 900 };

function transfersWith(config: ConstructorParameters<typeof S3Client>[0] = {}) {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };
  const client = new S3Client({ region: 'eu-central-1', credentials, ...config });
  return createPresignedTransfers({ client, bucket: 'bucket', clock: createManualClock(NOW) });
}

test.each(['WHEN_REQUIRED', 'WHEN_SUPPORTED'] as const)(
  'an upload signs its length, its digest and that nothing is there (%s)',
  async (when) => {
    const { url, headers, expiresAt } = await transfersWith({ requestChecksumCalculation: when }).upload(upload);
    const { hostname, pathname, searchParams } = new URL(url);
    expect([hostname, pathname]).toEqual(['bucket.s3.eu-central-1.amazonaws.com', '/sources/x.zip']);
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;host;if-none-match;x-amz-checksum-sha256');
    expect([...searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
    expect(searchParams.get('X-Amz-Date')).toBe('20261121T080000Z');
    expect(searchParams.get('X-Amz-Expires')).toBe('900');
    expect(headers).toEqual({
      'content-length': '6',
      'if-none-match': '*',
      'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
    });
    expect(expiresAt).toBe('2026-11-21T08:15:00.000Z');
  },
);

test('a download names its version and the name it is saved under', async () => {
  const { url, expiresAt } = await transfersWith().download({
    key: 'builds/b/p/a.zip',
    versionId: 'v/1',
    file: 'a";.zip',
    expiresInSeconds: 60,
  });
  expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
    versionId: 'v/1',
    'response-content-disposition': 'attachment; filename="a__.zip"',
    'response-content-type': 'application/octet-stream',
    'X-Amz-Expires': '60',
  });
  expect(expiresAt).toBe('2026-11-21T08:01:00.000Z');
});

test('no address is said to outlive the credentials that signed it', async () => {
  const expiration = new Date('2026-11-21T08:05:00Z');
  const credentials = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token', expiration };
  expect((await transfersWith({ credentials }).upload(upload)).expiresAt).toBe(expiration.toISOString());
});

test('dual-stack addresses are those of the client', async () => {
  const { url } = await transfersWith({ useDualstackEndpoint: true }).upload(upload);
  expect(new URL(url).hostname).toBe('bucket.s3.dualstack.eu-central-1.amazonaws.com');
});

test('without credentials it says so, and shows nothing', async () => {
  const credentials = () => Promise.reject(Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' }));
  await expect(transfersWith({ credentials }).upload(upload)).rejects.toMatchObject({ code: 'credentials-missing' });
});

/**
 * A build runs foreign code under the stage's build role. Here such code tries what it could: with the rights of the synthesized role,
 * over HTTP, against an emulator that evaluates policies. What every role may do stands in test/lib/permissions.ts.
 */
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { principalsOf } from '../lib/principals';
import { synthesize } from '../lib/synthesized-stage';
import { s3ClientOf } from './world/buckets';
import { startMiniStack, type MiniStack } from './world/ministack';
import { makeRole } from './world/roles';

/** What the resolver of templates calls the artifact bucket. */
const BUCKET = 'artifacts';
const OWN = 'staging/0123456789abcdef/linux-x86_64/00112233445566778899aabbccddeeff/';
const THEIRS = 'staging/fedcba9876543210/linux-x86_64/ffeeddccbbaa99887766554433221100/';

let cloud: MiniStack;
let owner: S3Client;
let build: { readonly s3: S3Client; readonly ssm: SSMClient; readonly sts: STSClient };
beforeAll(async () => {
  const role = principalsOf(synthesize()).find(({ name }) => name === 'build linux-x86_64');
  cloud = await startMiniStack({ isAuthEnforced: true });
  owner = s3ClientOf(cloud);
  await owner.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await owner.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }));
  const statements = role?.policies.flatMap(({ Statement }) => Statement) ?? [];
  const policy = { Version: '2012-10-17', Statement: statements };
  const arn = await makeRole(cloud, { name: 'build', trusted: cloud.account, policy });
  const sts = new STSClient(cloud.clientConfig);
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'a-build' }));
  sts.destroy();
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  const config = { ...cloud.clientConfig, credentials };
  build = { s3: new S3Client({ ...config, forcePathStyle: true }), ssm: new SSMClient(config), sts: new STSClient(config) };
  for (const key of ['sources/a.zip', 'jobs/0123456789abcdef/linux-x86_64-1.zip', ...ROOMS, `${THEIRS}report.json`])
    await owner.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: 'as it was' }));
});
afterAll(async () => {
  for (const client of Object.values(build)) client.destroy();
  owner.destroy();
  await cloud.stop();
});

const ROOMS = [
  'records/builds/fedcba9876543210.json',
  'records/distributions/fedcba9876543210.json',
  'records/notices/fedcba9876543210.json',
  'links/0a1b2c.json',
  'grants/fedcba9876543210/0.json',
  'pointers/fieldkit.json',
  'index/open/fedcba9876543210',
  'builds/fedcba9876543210/linux-x86_64/fieldkit.tar.gz',
  'distributions/fedcba9876543210/fieldkit.tar.gz',
  'cache/results/fieldkit/0a1b2c.json',
];
const denied = { $metadata: { httpStatusCode: 403 } };
const put = (Key: string) => build.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'forged' }));
const get = (Key: string) => build.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));

test('it does what it is for: reads its source and its job, and writes its staging', async () => {
  await get('sources/a.zip');
  await get('jobs/0123456789abcdef/linux-x86_64-1.zip');
  await put(`${OWN}report.json`);
});

test.each(ROOMS)('it neither reads, writes nor deletes %s', async (key) => {
  await expect(get(key)).rejects.toMatchObject(denied);
  await expect(put(key)).rejects.toMatchObject(denied);
  await expect(build.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }))).rejects.toMatchObject(denied);
  expect(await (await owner.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))).Body?.transformToString()).toBe('as it was');
});

test('it writes no source and no job, which others build from', async () => {
  for (const key of ['sources/a.zip', 'sources/a.wrapped.zip', 'jobs/fedcba9876543210/linux-x86_64-1.zip', 'uploads/a'])
    await expect(put(key)).rejects.toMatchObject(denied);
});

test('it finds no other build’s staging, and reads nothing there, its own least of all', async () => {
  for (const Prefix of ['staging/', 'staging/fedcba9876543210/', OWN, 'sources/', '']) {
    await expect(build.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix }))).rejects.toMatchObject(denied);
    await expect(build.s3.send(new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix }))).rejects.toMatchObject(denied);
  }
  await expect(get(`${THEIRS}report.json`)).rejects.toMatchObject(denied);
  await expect(build.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: `${THEIRS}report.json` }))).rejects.toMatchObject(denied);
});

test('it becomes nobody else, and neither reads nor writes what people read', async () => {
  const link = `arn:aws:iam::${cloud.account}:role/link`;
  await expect(build.sts.send(new AssumeRoleCommand({ RoleArn: link, RoleSessionName: 'x' }))).rejects.toMatchObject({
    name: 'AccessDenied',
  });
  const Name = '/slipway/prod/apps/fieldkit/latest-build';
  await expect(build.ssm.send(new PutParameterCommand({ Name, Value: 'forged', Type: 'String' }))).rejects.toMatchObject({
    name: expect.stringMatching(/^AccessDenied/) as string,
  });
  await expect(build.ssm.send(new GetParameterCommand({ Name }))).rejects.toMatchObject({
    name: expect.stringMatching(/^AccessDenied/) as string,
  });
});

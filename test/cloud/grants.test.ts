/** A limit of downloads over the ledger in a bucket: S3's own "only if it is not there" gives each slot to one of a hundred. */
import type { S3Client } from '@aws-sdk/client-s3';
import { createS3Ledger } from '../../aws/store/ledger-s3';
import { grantsContract } from '../contracts/grants';
import { makeBucket, s3ClientOf } from './world/buckets';
import { startMiniStack, type MiniStack } from './world/ministack';

let cloud: MiniStack;
let client: S3Client;
beforeAll(async () => {
  cloud = await startMiniStack();
  client = s3ClientOf(cloud);
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

grantsContract(async () => {
  const bucket = await makeBucket(client);
  return () => createS3Ledger({ client, bucket });
});

/** Owns what a prefix holds by version: the newest of each key, and all there are of one. */
import { DeleteObjectsCommand, ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import type { StoredFile } from '../../core/ports/artifact-store';
import { awsFailure } from '../aws-failure';
import { inBucket, placeOf, type Bucket } from './bucket-call';

/** ListObjectsV2 tells no version ids, and a file is what a version holds. */
export async function listNewest(bucket: Bucket, prefix: string): Promise<readonly StoredFile[]> {
  const found: StoredFile[] = [];
  for await (const { Versions } of pagesOf(bucket, prefix)) {
    for (const { Key, VersionId, Size, IsLatest } of Versions ?? []) {
      if (IsLatest === true && Key !== undefined && VersionId !== undefined)
        found.push({ key: Key, sizeBytes: Size ?? 0, versionId: VersionId });
    }
  }
  return found;
}

/** Deletes every version and marker of a key for good. No error where there is none. */
export async function removeVersions(bucket: Bucket, key: string): Promise<void> {
  for await (const { Versions, DeleteMarkers } of pagesOf(bucket, key)) {
    const own = [...(Versions ?? []), ...(DeleteMarkers ?? [])].filter((version) => version.Key === key);
    if (own.length === 0) continue;
    const Objects = own.map(({ VersionId }) => ({ Key: key, ...(VersionId === undefined ? {} : { VersionId }) }));
    const command = new DeleteObjectsCommand({ Bucket: bucket.bucket, Delete: { Objects, Quiet: true } });
    const { Errors } = await inBucket('DeleteObjects', placeOf(bucket, key), () => bucket.client.send(command));
    const [refused] = Errors ?? [];
    if (refused !== undefined) throw refusal(bucket, key, refused);
  }
}

/** The answer is 200 while single versions were refused. */
function refusal(
  bucket: Bucket,
  key: string,
  { Code = '', Message = '' }: { readonly Code?: string | undefined; readonly Message?: string | undefined },
): Error {
  const told = Object.assign(new Error(Message), { name: Code });
  return awsFailure(told, { service: 'S3', operation: `DeleteObjects of '${placeOf(bucket, key)}'` });
}

async function* pagesOf(bucket: Bucket, prefix: string): AsyncGenerator<ListObjectVersionsCommandOutput> {
  let marker: { readonly KeyMarker?: string; readonly VersionIdMarker?: string } | undefined = {};
  while (marker !== undefined) {
    const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({ Bucket: bucket.bucket, Prefix: prefix, ...marker });
    const page = await inBucket('ListObjectVersions', placeOf(bucket, prefix), () => bucket.client.send(command));
    yield page;
    const { IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
    const next = {
      ...(NextKeyMarker === undefined ? {} : { KeyMarker: NextKeyMarker }),
      ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
    };
    marker = IsTruncated === true && NextKeyMarker !== undefined ? next : undefined;
  }
}

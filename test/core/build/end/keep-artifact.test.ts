/** What a build has made is kept once, so that no lifecycle takes away what a record names. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { keepArtifact } from '../../../../core/build/end/keep-artifact';
import { settleBuild } from '../../../../core/build/settle/settle-build';
import { startBuild } from '../../../../core/build/start/start-build';
import { storageKey } from '../../../../core/storage-key';
import { artifactStoreContract } from '../../../contracts/artifact-store';
import { createVersionedArtifactStore } from '../../../fakes/artifact-store-versioned';
import { buildRequest, deliveryFor, EXITED, openSource, stage } from '../../../fakes/builds';
import { createRemoteWorld } from '../../../fakes/deployment';

describe('the store that keeps versions', () => {
  artifactStoreContract(() => Promise.resolve(createVersionedArtifactStore()));
});

test('an event, a status read and a sweep that settle a build at once leave the version that the record names as the newest', async () => {
  const artifacts = createVersionedArtifactStore();
  const world = createRemoteWorld({ artifacts });
  const { buildId } = await startBuild(world, buildRequest(), openSource, { useCache: false });
  const job = world.runner.jobOf(buildId);
  await stage(artifacts, job.ticket, deliveryFor(job.ticket));
  job.observation = EXITED;
  const records = await Promise.all(Array.from({ length: 5 }, () => settleBuild(world, buildId)));
  artifacts.forgetEarlierVersions();
  const kept = records.flatMap((record) => record.jobs['linux-x86_64']?.artifacts ?? []);
  expect(kept).toHaveLength(15);
  for (const { file, versionId } of kept) await artifacts.read(storageKey.buildFile(buildId, 'linux-x86_64', file), { versionId });
});

test('what other bytes an attempt has left gives way', async () => {
  const artifacts = createVersionedArtifactStore();
  const put = (key: string, text: string) => artifacts.put(key, () => Readable.from([Buffer.from(text)]), {});
  const staged = await put('staging/a', 'proved');
  const left = await put('builds/a', 'others');
  const proved = { ...staged, sha256: createHash('sha256').update('proved').digest('hex') };
  const kept = await keepArtifact(artifacts, proved, 'builds/a');
  expect(kept.versionId).not.toBe(left.versionId);
  expect(await artifacts.head('builds/a')).toEqual(kept);
  expect(await keepArtifact(artifacts, proved, 'builds/a')).toEqual(kept);
});

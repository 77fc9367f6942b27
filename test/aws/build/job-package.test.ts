import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { packJob, wrapSource } from '../../../aws/build/job-package';
import { JobSchema } from '../../../core/job/job';
import type { ArtifactStore } from '../../../core/ports/artifact-store';
import { createMemoryArtifactStore } from '../../fakes/artifact-store-memory';
import { unzipSource } from '../../cloud/codebuild/source-zip';
import { ticketFor } from './runner-world';

const sha256Of = (content: Buffer) => createHash('sha256').update(content).digest('hex');

async function storeWith(content: Buffer) {
  const artifacts = createMemoryArtifactStore();
  const sha256 = sha256Of(content);
  const { key, versionId, sizeBytes } = await artifacts.put(`sources/${sha256}.zip`, () => Readable.from([content]), {});
  return { artifacts, source: { key, versionId, sizeBytes, sha256 } };
}

test('a source is wrapped as it is, once', async () => {
  const content = Buffer.from('PK a zip with größe');
  const { artifacts, source } = await storeWith(content);
  const wrapped = await wrapSource(artifacts, source);
  expect(wrapped.key).toBe(`sources/${source.sha256}.wrapped.zip`);
  const zip = artifacts.contents.get(wrapped.key) ?? Buffer.alloc(0);
  expect(await unzipSource(zip)).toEqual([{ path: 'source.zip', content }]);
  const reading = jest.spyOn(artifacts, 'read');
  expect(await wrapSource(artifacts, source)).toEqual(wrapped);
  expect(reading).not.toHaveBeenCalled();
});

test('the same source gives the same bytes, whenever and wherever', async () => {
  const { artifacts, source } = await storeWith(Buffer.from('bytes'));
  const zoneBefore = process.env.TZ;
  process.env.TZ = 'Pacific/Auckland';
  const { versionId } = await wrapSource(artifacts, source);
  process.env.TZ = 'America/Los_Angeles';
  await artifacts.remove(`sources/${source.sha256}.wrapped.zip`);
  expect((await wrapSource(artifacts, source)).versionId).toBe(versionId);
  if (zoneBefore === undefined) delete process.env.TZ;
  else process.env.TZ = zoneBefore;
});

test.each([
  ['digest', { sha256: 'a'.repeat(64) }],
  ['size', { sizeBytes: 4 }],
])('a source of another %s is not wrapped', async (_, change) => {
  const { artifacts, source } = await storeWith(Buffer.from('bytes'));
  const wrong = { ...source, ...change };
  await expect(wrapSource(artifacts, wrong)).rejects.toMatchObject({ code: 'checksum-mismatch' });
  expect([...artifacts.contents.keys()]).toEqual([source.key]);
});

test('a source that is not there, or whose line breaks, leaves nothing', async () => {
  const { artifacts, source } = await storeWith(Buffer.from('bytes'));
  await expect(wrapSource(artifacts, { ...source, versionId: 'none' })).rejects.toMatchObject({ code: 'artifact-not-found' });
  const breaking: ArtifactStore = {
    ...artifacts,
    read: () =>
      Promise.resolve(
        Readable.from(
          (async function* () {
            yield Buffer.from('by');
            await Promise.reject(new Error('the line broke'));
          })(),
        ),
      ),
  };
  await expect(wrapSource(breaking, source)).rejects.toThrow('the line broke');
  expect([...artifacts.contents.keys()]).toEqual([source.key]);
});

test('a large source is passed on piece by piece, and one that nobody reads on is let go', async () => {
  const piece = Buffer.alloc(1 << 20, 7);
  const pieces = 256;
  let given = 0;
  let isClosed = false;
  const hash = createHash('sha256');
  for (let at = 0; at < pieces; at++) hash.update(piece);
  const sha256 = hash.digest('hex');
  const endless = () =>
    Readable.from(
      (function* () {
        try {
          for (; given < pieces; given++) yield piece;
        } finally {
          isClosed = true;
        }
      })(),
    );
  let mostAhead = 0;
  let readBytes = 0;
  const artifacts: ArtifactStore = {
    ...createMemoryArtifactStore(),
    read: () => Promise.resolve(endless()),
    async put(key, open) {
      for await (const chunk of open()) {
        readBytes += (chunk as Buffer).length;
        mostAhead = Math.max(mostAhead, given * piece.length - readBytes);
      }
      return { key, sizeBytes: readBytes, versionId: '1' };
    },
  };
  const source = { key: 'sources/x.zip', versionId: '1', sha256, sizeBytes: pieces * piece.length };
  await wrapSource(artifacts, source);
  expect(readBytes).toBeGreaterThan(pieces * piece.length);
  expect(mostAhead).toBeLessThan(32 * piece.length);
  given = 0;
  isClosed = false;
  const givingUp: ArtifactStore = {
    ...artifacts,
    async put(key, open) {
      for await (const chunk of open()) {
        readBytes = (chunk as Buffer).length;
        break;
      }
      return { key, sizeBytes: 0, versionId: '1' };
    },
  };
  await wrapSource(givingUp, source);
  while (!isClosed) await new Promise(setImmediate);
  expect(given).toBeLessThan(32);
});

test('a job travels as job.json, and stays what it was', async () => {
  const artifacts = createMemoryArtifactStore();
  const { job } = ticketFor({});
  const first = await packJob(artifacts, job);
  expect(first.key).toBe('jobs/0123456789abcdef/linux-x86_64-1.zip');
  const [file] = await unzipSource(artifacts.contents.get(first.key) ?? Buffer.alloc(0));
  expect(file?.path).toBe('job.json');
  expect(JobSchema.parse(JSON.parse(file?.content.toString('utf8') ?? ''))).toEqual(job);
  expect(await packJob(artifacts, { ...job, version: '9.9.9' })).toEqual(first);
});

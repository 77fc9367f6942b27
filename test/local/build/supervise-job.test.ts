/** A supervisor that dies at each of its writes, by a port that injects the end; what is left is settled by the next reader. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Job } from '../../../core/job/job';
import type { Files } from '../../../core/ports/files';
import type { DetachedProcesses, Processes, ProcessRequest, ProcessResult } from '../../../core/ports/processes';
import { buildStatus } from '../../../core/build/build-record';
import { createFolderArtifactStore } from '../../../local/store/artifact-store-folder';
import { nodeClock } from '../../../local/machine/clock-node';
import { createNodeFiles } from '../../../local/machine/files-node';
import { superviseJob } from '../../../local/build/supervise-job';
import { buildRequest, deliveryFor, openSource } from '../../fakes/builds';
import { createTestBuilds } from '../../fakes/local-builds';

const LINUX = 'linux-x86_64';
const root = mkdtempSync(path.join(tmpdir(), 'slipway-supervise-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A builder that is done as soon as it is started. */
function builderProcesses(): Processes & DetachedProcesses {
  const start = (request: ProcessRequest) => {
    const directory = request.args.at(-1) ?? '';
    const job = JSON.parse(readFileSync(path.join(directory, 'in', 'job.json'), 'utf8')) as Job;
    const { report, files } = deliveryFor({ job, nonce: '', sourceKey: '', sourceVersionId: '', timeoutMs: 1, useCache: true });
    mkdirSync(path.join(directory, 'out'), { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(directory, 'out', name), content);
    writeFileSync(path.join(directory, 'out', 'report.json'), JSON.stringify(report));
    request.onOutput?.('stdout', Buffer.from('==> [1/1] compile  Compile\n'));
    const result: ProcessResult = { exitCode: 0, signal: null, isTimedOut: false, stdout: '', stderr: '', durationMs: 1 };
    return {
      pid: 1,
      result: Promise.resolve(result),
      stop: () => undefined,
      survivors: () => Promise.resolve([]),
      killTree: () => Promise.resolve(),
    };
  };
  return {
    start,
    run: (request) => start(request).result,
    find: () => Promise.resolve(undefined),
    startDetached: () => Promise.resolve({ pid: 999_999_999 }),
    killMarked: () => Promise.resolve(),
  };
}

const WRITES: ReadonlySet<string> = new Set(['write', 'writeStream', 'create', 'append', 'makeDirectory', 'remove', 'copy', 'move']);

/** From the n-th write on nothing happens any more. */
function dyingAt(files: Files, writes: number): { readonly files: Files; readonly count: () => number } {
  let done = 0;
  const mortal = new Proxy(files, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function' || !WRITES.has(String(name))) return value;
      return (...args: unknown[]): unknown => {
        done += 1;
        return done > writes ? Promise.reject(new Error('killed')) : Reflect.apply(value, target, args);
      };
    },
  });
  return { files: mortal, count: () => done };
}

async function lifeWith(writes: number): Promise<{ readonly status: string; readonly count: number; readonly died: boolean }> {
  const homeDirectory = path.join(root, `home ${writes}`);
  const processes = builderProcesses();
  const identity = { startTokenOf: () => Promise.resolve(undefined) };
  const builds = createTestBuilds({ homeDirectory, builder: 'none', supervisor: 'none', environment: {} }, { processes, identity });
  const { buildId } = await builds.start(buildRequest(), openSource, { useCache: false });
  const { files, count } = dyingAt(createNodeFiles(), writes);
  const store = createFolderArtifactStore(files, path.join(homeDirectory, 'store'));
  const supervisor = {
    files,
    processes,
    identity,
    artifacts: store,
    clock: nodeClock,
    environment: {},
    homeDirectory,
    pid: 999_999_999,
    builderCommand: ['node', 'builder'] as const,
  };
  const died = await superviseJob(supervisor, { buildId, platform: LINUX, attempt: 1 }).then(
    () => false,
    () => true,
  );
  const records = await Promise.all([builds.status(buildId), builds.status(buildId)]);
  const [record] = records;
  expect(records[1]).toEqual(record);
  const artifacts = record.jobs[LINUX]?.artifacts ?? [];
  for (const artifact of artifacts) {
    const hash = createHash('sha256');
    for await (const chunk of await builds.openArtifact(buildId, artifact)) hash.update(chunk as Buffer);
    expect(hash.digest('hex')).toBe(artifact.sha256);
  }
  const built = path.join(homeDirectory, 'store', 'builds', buildId, LINUX);
  const status = buildStatus(record);
  expect(existsSync(built) ? readdirSync(built).length : 0).toBe(status === 'succeeded' ? 3 : 0);
  expect(artifacts).toHaveLength(status === 'succeeded' ? 3 : 0);
  expect((await builds.log(buildId, LINUX)).isComplete).toBe(true);
  expect(await builds.manifest(buildId)).toBeDefined();
  return { status, count: count(), died };
}

test('wherever a supervisor dies, its build ends: with all of its artifacts, or failed with none', async () => {
  const whole = await lifeWith(Number.MAX_SAFE_INTEGER);
  expect(whole).toMatchObject({ status: 'succeeded', died: false });
  expect(whole.count).toBeGreaterThan(6);
  const lives = [];
  for (let writes = 0; writes < whole.count; writes++) lives.push(await lifeWith(writes));
  expect(lives[0]).toMatchObject({ status: 'failed', died: true });
  expect(lives.at(-1)).toMatchObject({ status: 'succeeded' });
  // Once it was lost and once it was not: there is no third way, and never a way back.
  const statuses = lives.map(({ status }) => status).join(' ');
  expect(statuses).toMatch(/^(failed )+(succeeded ?)+$/);
});

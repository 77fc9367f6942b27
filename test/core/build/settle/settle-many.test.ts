import { getStatuses, listBuilds } from '../../../../core/build/settle/list-builds';
import type { BuildRecord } from '../../../../core/build/build-record';
import { observeJobs } from '../../../../core/build/settle/observe-jobs';
import { settleBuild } from '../../../../core/build/settle/settle-build';
import { startBuild } from '../../../../core/build/start/start-build';
import type { Ledger } from '../../../../core/ports/ledger';
import { SlipwayError } from '../../../../core/slipway-error';
import { storageKey } from '../../../../core/storage-key';
import { buildRequest, EXITED, deliveryFor, openSource, stage } from '../../../fakes/builds';
import { createRemoteWorld, type RemoteWorld } from '../../../fakes/deployment';

async function startMany(world: RemoteWorld, count: number): Promise<readonly BuildRecord[]> {
  const records: BuildRecord[] = [];
  for (let at = 0; at < count; at++) records.push(await startBuild(world, buildRequest(), openSource, { useCache: false }));
  return records;
}

/** The ledger with its calls counted by name. */
function counting(ledger: Ledger): { readonly ledger: Ledger; readonly calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const counted = new Proxy(ledger, {
    get: (target, name, receiver) => {
      const method = Reflect.get(target, name, receiver) as (...args: unknown[]) => unknown;
      return (...args: unknown[]): unknown => {
        calls[String(name)] = (calls[String(name)] ?? 0) + 1;
        return Reflect.apply(method, target, args);
      };
    },
  });
  return { ledger: counted, calls };
}

test('the status of 300 jobs is 3 questions to the runner and one read each', async () => {
  const world = createRemoteWorld();
  const records = await startMany(world, 300);
  const { ledger, calls } = counting(world.ledger);
  const buildIds = records.map((record) => record.buildId);
  const shown = await getStatuses({ ...world, ledger }, buildIds, (problem) => expect(problem).toBeUndefined());
  expect(shown.map((record) => record.buildId)).toEqual(buildIds);
  expect(world.runner.observeCalls).toEqual([100, 100, 100]);
  expect(calls).toEqual({ read: 300 });
});

test('a list of N rows is one look at the index and one read per row', async () => {
  const world = createRemoteWorld();
  const records = await startMany(world, 40);
  const { ledger, calls } = counting(world.ledger);
  const shown = await listBuilds({ ...world, ledger }, { limit: 25 });
  expect(shown.map((record) => record.buildId)).toEqual(
    records
      .slice(-25)
      .reverse()
      .map((record) => record.buildId),
  );
  expect(calls).toEqual({ keys: 1, read: 25 });
  expect(world.runner.observeCalls).toEqual([25]);
});

test('a list of one application reads on until it has its rows', async () => {
  const world = createRemoteWorld();
  const wanted = await startBuild(world, buildRequest(['linux-x86_64'], { name: 'other' }), openSource, { useCache: false });
  await startMany(world, 60);
  expect((await listBuilds(world, { name: 'other', limit: 3 })).map((record) => record.buildId)).toEqual([wanted.buildId]);
});

test('what has ended among many is settled, finished and told like any other', async () => {
  const world = createRemoteWorld();
  const [first, second] = await startMany(world, 2);
  if (first === undefined || second === undefined) throw new Error('no builds');
  const job = world.runner.jobOf(first.buildId);
  await stage(world.artifacts, job.ticket, deliveryFor(job.ticket));
  job.observation = EXITED;
  const shown = await listBuilds(world, { limit: 10 });
  expect(shown.map((record) => record.jobs['linux-x86_64']?.status)).toEqual(['queued', 'succeeded']);
  expect(world.ledger.documents.has(storageKey.buildManifest(first.buildId))).toBe(true);
  expect(world.notices.sent).toEqual([`${first.buildId} succeeded`]);
});

test('one that cannot be read, found or settled hides no other', async () => {
  const world = createRemoteWorld();
  const records = await startMany(world, 3);
  const [damaged, unsettled, fine] = records.map((record) => record.buildId);
  if (damaged === undefined || unsettled === undefined || fine === undefined) throw new Error('no builds');
  const stored = world.ledger.documents.get(storageKey.buildRecord(damaged));
  await world.ledger.replace(storageKey.buildRecord(damaged), { schemaVersion: 9 }, stored?.revision ?? '');
  world.runner.jobOf(unsettled).observation = EXITED;
  const list = () => Promise.reject(new SlipwayError('store-busy', 'not now'));
  const problems: string[] = [];
  const broken = { ...world, artifacts: { ...world.artifacts, list } };
  const shown = await getStatuses(broken, [damaged, unsettled, '0000000000000000', fine], ({ code }) => problems.push(code));
  expect(shown.map((record) => record.buildId)).toEqual([unsettled, fine]);
  expect(shown.map((record) => record.jobs['linux-x86_64']?.status)).toEqual(['queued', 'queued']);
  expect(problems.sort()).toEqual(['build-not-found', 'record-corrupt', 'store-busy']);
});

test('a group of jobs that cannot be asked about takes no other with it, and one that is left out is asked for by itself', async () => {
  const { runner } = createRemoteWorld();
  const ids = Array.from({ length: 150 }, (_, at) => `project:${at}`);
  const observed = await observeJobs(
    {
      ...runner,
      observeAll: (group) =>
        group.includes('project:0')
          ? Promise.reject(new SlipwayError('store-busy', 'throttled'))
          : Promise.resolve(new Map(group.filter((id) => id !== 'project:149').map((id) => [id, { state: 'queued' }]))),
      observe: () => Promise.resolve({ state: 'running' }),
    },
    [...ids, 'project:1'],
  );
  expect(observed.size).toBe(150);
  expect(observed.get('project:0')).toMatchObject({ problem: { code: 'store-busy' } });
  expect(observed.get('project:120')).toEqual({ observation: { state: 'queued' } });
  expect(observed.get('project:149')).toEqual({ observation: { state: 'running' } });
});

test('an open build of which there is nothing new is read once and written never', async () => {
  const world = createRemoteWorld();
  const [record] = await startMany(world, 1);
  const { ledger, calls } = counting(world.ledger);
  await settleBuild({ ...world, ledger }, record?.buildId ?? '');
  expect(calls).toEqual({ read: 1 });
});

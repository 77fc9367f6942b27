/**
 * Functions end where they like: out of time, out of memory, with a machine that is taken away. Wherever one does between two calls,
 * whoever comes next (the same request, a sweep) brings the build to the end that it would have had, on one machine.
 */
import { Readable } from 'node:stream';
import { buildStatus, type BuildRecord } from '../../../core/build/build-record';
import type { BuildRequest } from '../../../core/build/build-request';
import { cancelBuild } from '../../../core/build/settle/cancel-build';
import { settleBuild } from '../../../core/build/settle/settle-build';
import { startUploadedBuild } from '../../../core/build/start/start-uploaded-build';
import { sweepBuilds } from '../../../core/build/start/sweep-builds';
import { publishLatestBuild } from '../../../core/deployment/publish-latest-build';
import { buildIdOfRequest } from '../../../core/identifier';
import { storageKey } from '../../../core/storage-key';
import { buildRequest, deliveryFor, EXITED, SOURCE, stage } from '../../fakes/builds';
import { createRemoteWorld, type RemoteWorld } from '../../fakes/deployment';

const MINUTE_MS = 60_000;
/** More calls than any use-case here makes. */
const MOST_CALLS = 60;

/** Before the call is carried out, after it (nobody hears the answer), or with an error of whoever was called. */
const DEATHS = ['before', 'after', 'failing'] as const;
type Death = (typeof DEATHS)[number];

interface Mortal {
  readonly ports: RemoteWorld;
  /** Resolves when it has died. */
  readonly died: Promise<void>;
  readonly call: () => string | undefined;
}

/** A function that ends at its n-th call of anything outside itself; 'failing' lives on with every later call refused. */
function dyingAt(world: RemoteWorld, at: number, death: Death): Mortal {
  let calls = 0;
  let lastCall: string | undefined;
  let die: () => void = () => undefined;
  const died = new Promise<void>((resolve) => (die = resolve));
  const forever = () => new Promise<never>(() => undefined);
  const mortal = <Port extends object>(port: Port, title: string): Port =>
    new Proxy(port, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]): Promise<unknown> => {
          calls += 1;
          if (calls < at) return Reflect.apply(value, target, args) as unknown;
          lastCall ??= `${title}.${String(name)} ${String(args[0])}`;
          if (calls === at && death === 'after') await (Reflect.apply(value, target, args) as Promise<unknown>);
          die();
          return death === 'failing' ? Promise.reject(new Error('the connection broke')) : forever();
        };
      },
    });
  const ledger = mortal(world.ledger, 'ledger');
  const parameters = mortal(world.parameters, 'parameters');
  const ports: RemoteWorld = {
    ...world,
    ledger,
    parameters,
    artifacts: mortal(world.artifacts, 'artifacts'),
    runner: mortal(world.runner, 'runner'),
    notices: mortal(world.notices, 'notices'),
    publishLatest: (name: string) => publishLatestBuild({ ledger, parameters, stage: 'prod' }, name),
  };
  return { ports, died, call: () => lastCall };
}

/** Runs what may die. @returns where it did; undefined when it came to its end */
async function untilDeath(mortal: Mortal, work: (ports: RemoteWorld) => Promise<unknown>): Promise<string | undefined> {
  await Promise.race([work(mortal.ports).catch(() => undefined), mortal.died.then(() => new Promise(setImmediate))]);
  // What it had begun beside the call that it died in comes to rest.
  for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
  return mortal.call();
}

async function uploaded(): Promise<{ readonly world: RemoteWorld; readonly request: BuildRequest }> {
  const world = createRemoteWorld();
  const request = buildRequest(['linux-x86_64', 'windows-x86_64']);
  await world.artifacts.put(storageKey.source(request.source.sha256), () => Readable.from([SOURCE]), {});
  return { world, request };
}

const startOf = (request: BuildRequest) => (ports: RemoteWorld) => startUploadedBuild(ports, request, { useCache: false });

/** The machines that there are do their work. */
async function deliver(world: RemoteWorld): Promise<void> {
  for (const job of world.runner.jobs) {
    if (job.observation.state === 'ended') continue;
    await stage(world.artifacts, job.ticket, deliveryFor(job.ticket));
    job.observation = EXITED;
  }
}

/** What the rule does every ten minutes, until well after everything that runs out has run out. */
async function sweepOn(world: RemoteWorld): Promise<void> {
  for (let minutes = 0; minutes < 40; minutes += 10) {
    world.clock.advance(10 * MINUTE_MS);
    await sweepBuilds(world);
    await deliver(world);
  }
  expect((await sweepBuilds(world)).problems).toEqual([]);
}

function machinesOf(world: RemoteWorld): readonly string[] {
  return world.runner.jobs.map(({ ticket }) => `${ticket.job.buildId} ${ticket.job.platform} ${ticket.job.attempt}`);
}

async function expectWhole(world: RemoteWorld, buildId: string): Promise<void> {
  const record = (await world.ledger.read(storageKey.buildRecord(buildId)))?.body as BuildRecord;
  expect(buildStatus(record)).toBe('succeeded');
  expect(new Set(machinesOf(world)).size).toBe(world.runner.jobs.length);
  expect(world.runner.jobs).toHaveLength(2);
  expect(world.ledger.documents.has(storageKey.buildManifest(buildId))).toBe(true);
  expect(JSON.parse(world.parameters.values.get('/slipway/prod/apps/fieldkit/latest-build') ?? '{}')).toMatchObject({ buildId });
  expect(await world.ledger.keys(storageKey.openBuilds)).toEqual([]);
  expect(await world.artifacts.list('staging/')).toEqual([]);
  for (const { file, platform, versionId } of Object.values(record.jobs).flatMap((job) => job.artifacts))
    await world.artifacts.read(storageKey.buildFile(buildId, platform, file), { versionId });
}

describe.each(DEATHS)('a function that dies %s a call', (death) => {
  test('while it starts a build: the same request, sent again, is the same build on the same machines', async () => {
    const places = new Set<string>();
    for (let at = 1; at < MOST_CALLS; at++) {
      const { world, request } = await uploaded();
      const place = await untilDeath(dyingAt(world, at, death), startOf(request));
      if (place === undefined) break;
      places.add(place);
      world.clock.advance(6 * MINUTE_MS);
      await startOf(request)(world);
      await deliver(world);
      await sweepOn(world);
      await expectWhole(world, buildIdOfRequest(request.requestId));
      expect(world.notices.sent).toHaveLength(1);
    }
    expect(places.size).toBeGreaterThan(10);
  });

  test('while it starts a build, and nobody asks again: it is built all the same, or nothing of it is left', async () => {
    const fates = new Set<string>();
    for (let at = 1; at < MOST_CALLS; at++) {
      const { world, request } = await uploaded();
      const buildId = buildIdOfRequest(request.requestId);
      if ((await untilDeath(dyingAt(world, at, death), startOf(request))) === undefined) break;
      await deliver(world);
      await sweepOn(world);
      const record = (await world.ledger.read(storageKey.buildRecord(buildId)))?.body as BuildRecord | undefined;
      fates.add(record === undefined ? 'nothing' : 'built');
      if (record === undefined) {
        expect(world.runner.jobs).toEqual([]);
        expect(await world.ledger.keys(storageKey.openBuilds)).toEqual([]);
      } else if (death === 'failing' && buildStatus(record) === 'failed') {
        // A start that was refused for no reason that passes is told as one, at once.
        expect(Object.values(record.jobs).some(({ cause }) => cause?.message === 'the connection broke')).toBe(true);
      } else {
        await expectWhole(world, buildId);
        expect(world.notices.sent).toEqual([`${buildId} succeeded`]);
      }
    }
    expect(fates).toEqual(new Set(['nothing', 'built']));
  });

  test('while it settles a build: the sweep brings it to its end, and tells of it', async () => {
    const places = new Set<string>();
    for (let at = 1; at < MOST_CALLS; at++) {
      const { world, request } = await uploaded();
      const buildId = buildIdOfRequest(request.requestId);
      await startOf(request)(world);
      await deliver(world);
      const place = await untilDeath(dyingAt(world, at, death), (ports) => settleBuild(ports, buildId));
      if (place === undefined) break;
      places.add(place);
      const toldBefore = world.notices.sent.length;
      await sweepOn(world);
      await expectWhole(world, buildId);
      // Twice only where it had told, and ended before that was noted.
      expect(new Set(world.notices.sent)).toEqual(new Set([`${buildId} succeeded`]));
      expect(world.notices.sent.length - toldBefore).toBeLessThanOrEqual(1);
    }
    expect(places.size).toBeGreaterThan(25);
  });

  test('while it cancels a build: the build ends, whichever way the machines do', async () => {
    for (let at = 1; at < MOST_CALLS; at++) {
      const { world, request } = await uploaded();
      const buildId = buildIdOfRequest(request.requestId);
      await startOf(request)(world);
      if ((await untilDeath(dyingAt(world, at, death), (ports) => cancelBuild(ports, buildId))) === undefined) break;
      for (const job of world.runner.jobs)
        if (world.runner.cancelled.has(job.runnerId)) job.observation = { state: 'ended', end: 'cancelled' };
      await deliver(world);
      await sweepOn(world);
      const record = (await world.ledger.read(storageKey.buildRecord(buildId)))?.body as BuildRecord;
      expect(['succeeded', 'cancelled']).toContain(buildStatus(record));
      expect(world.notices.sent).toEqual([`${buildId} ${buildStatus(record)}`]);
      expect(await world.ledger.keys(storageKey.openBuilds)).toEqual([]);
    }
  });
});

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createComparisonPlace, type ComparisonPlacePorts } from '../../../local/comparison/comparison-place';
import { nodeClock } from '../../../local/machine/clock-node';
import { createNodeFiles } from '../../../local/machine/files-node';
import { processorTimes } from '../../../local/machine/processor-times';
import { createManualClock, createSeededRandomness } from '../../fakes/manual-clock';

let homeDirectory: string;
let alive: Set<number>;
beforeEach(() => {
  homeDirectory = mkdtempSync(path.join(tmpdir(), 'slipway-place-'));
  alive = new Set([1, 2]);
});
afterEach(() => rmSync(homeDirectory, { recursive: true, force: true }));

function place(change: Partial<ComparisonPlacePorts> = {}) {
  return createComparisonPlace({
    files: createNodeFiles(),
    clock: nodeClock,
    randomness: createSeededRandomness(),
    hostName: 'here',
    pid: 1,
    isAlive: (pid) => alive.has(pid),
    homeDirectory,
    processorTimes: () => undefined,
    ...change,
  });
}

const folder = () => path.join(homeDirectory, 'comparison');

test('an action has an empty folder, which goes with it', async () => {
  mkdirSync(folder());
  writeFileSync(path.join(folder(), 'left behind'), 'x');
  await place().exclusively((directory) => {
    expect(directory).toBe(folder());
    expect(existsSync(path.join(directory, 'left behind'))).toBe(false);
    writeFileSync(path.join(directory, 'mine'), 'x');
    return Promise.resolve();
  });
  expect(existsSync(folder())).toBe(false);
  await expect(place().exclusively(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  expect(existsSync(folder())).toBe(false);
});

test('another process is refused while one compares, and takes over from one that died', async () => {
  const other = place({ pid: 2 });
  await place().exclusively(async () => {
    await expect(other.exclusively(() => Promise.resolve())).rejects.toMatchObject({ code: 'comparison-running' });
    expect(existsSync(folder())).toBe(true);
    alive.delete(1);
    expect(await other.exclusively(() => Promise.resolve('taken over'))).toBe('taken over');
  });
});

test('a store that is busy inside the comparison stays that', async () => {
  const busy = Object.assign(new Error('busy'), { name: 'SlipwayError', code: 'store-busy' });
  await expect(place().exclusively(() => Promise.reject(busy))).rejects.toBe(busy);
});

describe('waiting for a quiet machine', () => {
  /** @param shares the busy share of each second that is looked at; the last one goes on */
  function looks(shares: readonly (number | undefined)[]) {
    const clock = createManualClock('2026-01-01T00:00:00Z');
    let [busyMs, idleMs, look] = [0, 0, 0];
    return place({
      clock,
      processorTimes: () => {
        const share = shares[Math.min(Math.floor(look / 2), shares.length - 1)];
        if (share === undefined) return undefined;
        if (look++ % 2 === 1) [busyMs, idleMs] = [busyMs + share * 1000, idleMs + (1 - share) * 1000];
        return { busyMs, idleMs };
      },
    });
  }

  test.each([
    [[0.1], 0.1],
    [[0.9, 0.8, 0.2], 0.2],
    [[0.9], 0.9],
    [[undefined], undefined],
  ])('%j ends with %s', async (shares, share) => expect(await looks(shares).awaitQuiet()).toBe(share));
});

test('this machine tells how busy it was', () => {
  const times = processorTimes();
  expect(times === undefined || times.busyMs + times.idleMs > 0).toBe(true);
});

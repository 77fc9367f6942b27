import type { ProcessRequest, RunningProcess } from '../../../core/ports/processes';
import { stoppable } from '../../../local/machine/stoppable-processes';

const REQUEST: ProcessRequest = { command: 'x', args: [], cwd: '/', env: {} };

function setUp() {
  const killed: number[] = [];
  const ends: (() => void)[] = [];
  const processes = stoppable({
    start: (): RunningProcess => {
      const pid = ends.length + 1;
      const result = new Promise<never>((_, reject) => ends.push(() => reject(new Error('ended'))));
      return {
        pid,
        result,
        stop: () => undefined,
        survivors: () => Promise.resolve([]),
        killTree: () => Promise.resolve(void killed.push(pid)),
      };
    },
    run: () => Promise.reject(new Error('not used')),
    find: () => Promise.resolve('/bin/x'),
  });
  return { processes, killed, ends };
}

test('everything that runs is killed, what has ended is not', async () => {
  const { processes, killed, ends } = setUp();
  const first = processes.run(REQUEST);
  processes.start(REQUEST).result.catch(() => undefined);
  ends[0]?.();
  await expect(first).rejects.toThrow('ended');
  await processes.stopAll();
  expect(killed).toEqual([2]);
});

test('what starts after that is killed at once', async () => {
  const { processes, killed } = setUp();
  await processes.stopAll();
  processes.start(REQUEST).result.catch(() => undefined);
  expect(killed).toEqual([1]);
});

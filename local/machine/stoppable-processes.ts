/** Owns ending everything that one program started, when it is told to stop itself. */
import type { Processes, RunningProcess } from '../../core/ports/processes';

export interface StoppableProcesses extends Processes {
  /** Kills the tree of every process that still runs. Later starts are killed at once. */
  stopAll(): Promise<void>;
}

export function stoppable(processes: Processes): StoppableProcesses {
  const running = new Set<RunningProcess>();
  let isStopping = false;
  const start: Processes['start'] = (request) => {
    const started = processes.start(request);
    running.add(started);
    const forget = () => void running.delete(started);
    started.result.then(forget, forget);
    if (isStopping) void started.killTree();
    return started;
  };
  return {
    start,
    run: (request) => start(request).result,
    find: (command, env) => processes.find(command, env),
    async stopAll() {
      isStopping = true;
      await Promise.allSettled([...running].map((each) => each.killTree()));
    },
  };
}

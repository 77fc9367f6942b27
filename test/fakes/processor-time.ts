/** Time of the processor, not of the wall: what a test may cost, whatever else the machine does. */

/** @returns milliseconds that this process has used since the call */
export function startProcessorClock(): () => number {
  const since = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1_000;
  };
}

/** Ends what a build has left running, whatever group it made its own: with a machine of CodeBuild everything on it ends. */
import { readdir, readFile } from 'node:fs/promises';

/** The processes that were started with this variable, on Linux; elsewhere none are found. */
export async function endProcessesWith(name: string, value: string): Promise<void> {
  const wanted = `${name}=${value}`;
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => ''); // Another user's, or it has ended.
    if (environment.split('\0').includes(wanted)) end(Number(entry));
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * Owns `$SLIPWAY_HOME/serve.json`: the address at which this machine's gate can be reached while `slipway serve` runs.
 * A file that outlived its server is recognized by asking the server itself.
 */
import path from 'node:path';
import { z } from 'zod';
import type { Files } from '../../core/ports/files';

export const DEFAULT_GATE_URL = 'http://127.0.0.1:8722';

/** Answered by every gate with the id of its run. */
export const HEALTH_PATH = '/health';

const PROBE_TIMEOUT_MS = 1_000;
const OWNER_ONLY = 0o600;

const ServeFileSchema = z.strictObject({
  schemaVersion: z.literal(1),
  pid: z.int(),
  url: z.string(),
  /** Random for each run, so that another program at the same port is not taken for the gate. */
  runId: z.string(),
  startedAt: z.iso.datetime(),
});
export type ServeFile = z.infer<typeof ServeFileSchema>;

const serveFilePath = (homeDirectory: string) => path.join(homeDirectory, 'serve.json');

/** The gate that runs, or undefined. */
export async function findRunningGate(files: Files, homeDirectory: string): Promise<ServeFile | undefined> {
  const file = await readServeFile(files, homeDirectory);
  return file !== undefined && (await isAnswering(file)) ? file : undefined;
}

/** Writes the file unless another gate that runs has done so. @returns whether it was written */
export async function claimServeFile(files: Files, homeDirectory: string, own: ServeFile): Promise<boolean> {
  if ((await findRunningGate(files, homeDirectory)) !== undefined) return false;
  await files.write(serveFilePath(homeDirectory), `${JSON.stringify(own)}\n`, { mode: OWNER_ONLY });
  return true;
}

/** Removes the file if it is still this run's. */
export async function releaseServeFile(files: Files, homeDirectory: string, runId: string): Promise<void> {
  const file = await readServeFile(files, homeDirectory);
  if (file?.runId === runId) await files.remove(serveFilePath(homeDirectory));
}

/** Undefined for no file, and for one that no version of Slipway wrote: it says nothing that cannot be found out again. */
async function readServeFile(files: Files, homeDirectory: string): Promise<ServeFile | undefined> {
  const file = serveFilePath(homeDirectory);
  if ((await files.stat(file)) === undefined) return undefined;
  try {
    return ServeFileSchema.safeParse(JSON.parse(await files.readText(file))).data;
  } catch {
    return undefined;
  }
}

async function isAnswering(file: ServeFile): Promise<boolean> {
  try {
    const answer = await fetch(`${file.url}${HEALTH_PATH}`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS), redirect: 'error' });
    return answer.ok && (await answer.text()).trim() === file.runId;
  } catch {
    return false;
  }
}

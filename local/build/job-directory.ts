/**
 * Owns the folder of one job on this machine, `$SLIPWAY_HOME/jobs/<buildId>/<platform>-<attempt>`, and the small files by which
 * the command that starts a job, the supervisor that watches it and every reader understand each other.
 * No secret is ever in it. What the builder reads and writes (`in/`, `work/`, `out/`) belongs to the builder.
 */
import path from 'node:path';
import { z } from 'zod';
import { JobProgressSchema } from '../../core/build/build-record';
import { IdSchema } from '../../core/identifier';
import { PLATFORM_IDS, type PlatformId } from '../../core/platform';
import type { Files } from '../../core/ports/files';
import { hasCode } from '../../core/build/stored-build';

/** What the supervisor must know beside the job: written before it is started. */
export const TicketFileSchema = z.strictObject({ nonce: z.string(), timeoutMs: z.number() });

/** Written by whoever started the supervisor. */
export const StartedFileSchema = z.strictObject({ runnerId: z.string() });

/** Written by the supervisor as long as it lives. */
export const StateFileSchema = z.strictObject({
  startedAt: z.iso.datetime(),
  builder: z.strictObject({ pid: z.int(), token: z.string().optional() }).optional(),
  phase: z.string().optional(),
  progress: JobProgressSchema.optional(),
});
export type StateFile = z.infer<typeof StateFileSchema>;

/** Written once: the runner's word on how the job ended. */
export const EndFileSchema = z.strictObject({
  end: z.enum(['exited', 'cancelled', 'timed-out', 'lost']),
  endedAt: z.iso.datetime(),
  detail: z.string().optional(),
});
export type EndFile = z.infer<typeof EndFileSchema>;

export interface JobPlace {
  readonly buildId: string;
  readonly platform: PlatformId;
  readonly attempt: number;
}

/** The paths of a job's folder. */
export interface JobDirectory {
  readonly root: string;
  readonly job: string;
  readonly source: string;
  readonly out: string;
  readonly report: string;
  readonly ticket: string;
  readonly started: string;
  /** Created by the one supervisor that runs the job. */
  readonly supervisor: string;
  readonly supervisorLog: string;
  readonly state: string;
  readonly end: string;
  /** Its presence asks for the end of the job. */
  readonly cancel: string;
  readonly log: string;
}

export function jobsDirectory(homeDirectory: string): string {
  return path.join(homeDirectory, 'jobs');
}

export function jobDirectory(homeDirectory: string, { buildId, platform, attempt }: JobPlace): JobDirectory {
  const root = path.join(jobsDirectory(homeDirectory), buildId, `${platform}-${attempt}`);
  return {
    root,
    job: path.join(root, 'in', 'job.json'),
    source: path.join(root, 'in', 'source.zip'),
    out: path.join(root, 'out'),
    report: path.join(root, 'out', 'report.json'),
    ticket: path.join(root, 'ticket.json'),
    started: path.join(root, 'started.json'),
    supervisor: path.join(root, 'supervisor.json'),
    supervisorLog: path.join(root, 'supervisor.log'),
    state: path.join(root, 'state.json'),
    end: path.join(root, 'end.json'),
    cancel: path.join(root, 'cancel'),
    log: path.join(root, 'log.txt'),
  };
}

/** Reads a folder's name; undefined for one that is none of ours. */
export function parseJobFolder(name: string): { readonly platform: PlatformId; readonly attempt: number } | undefined {
  const match = /^(.+)-(\d+)$/.exec(name);
  const platform = PLATFORM_IDS.find((id) => id === match?.[1]);
  return platform === undefined ? undefined : { platform, attempt: Number(match?.[2]) };
}

/** What a process of a job carries in its environment. The end mark keeps attempt 1 from finding attempt 10. */
export function treeMarkerOf({ buildId, platform, attempt }: JobPlace): string {
  return `slipway-job:${buildId}:${platform}:${attempt};`;
}

/**
 * A job's name for the runner: its place, the machine, and the supervisor's pid with its start time,
 * so that a pid that was given to another program is never taken for the supervisor.
 */
export interface RunnerId extends JobPlace {
  readonly hostName: string;
  readonly pid: number;
  readonly token: string;
}

export function formatRunnerId({ buildId, platform, attempt, hostName, pid, token }: RunnerId): string {
  return `${buildId}/${platform}-${attempt}/${pid}/${token}/${hostName}`;
}

/** @returns undefined for an id of another runner */
export function parseRunnerId(runnerId: string): RunnerId | undefined {
  const [buildId, folder, pid, token, ...host] = runnerId.split('/');
  const place = parseJobFolder(folder ?? '');
  if (!IdSchema.safeParse(buildId).success || place === undefined || token === undefined || !/^\d+$/.test(pid ?? '')) return undefined;
  return { buildId: buildId ?? '', ...place, pid: Number(pid), token, hostName: host.join('/') };
}

/** Reads one of the small files; undefined where it is not, or is not what it should be. */
export async function readSmallFile<T>(files: Files, file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.safeParse(JSON.parse(await files.readText(file))).data;
  } catch (thrown) {
    if (hasCode(thrown, 'file-not-found') || thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

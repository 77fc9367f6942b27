/** Owns knowing which job this is, from what whoever started it said and from job.json, also where one of them is broken. */
import { z } from 'zod';
import { JobSchema } from '../../core/job/job';
import { SlipwayError } from '../../core/slipway-error';
import { VARIABLE } from './build-place';

const IdentitySchema = z.object({
  ...JobSchema.pick({ buildId: true, name: true, version: true, platform: true, attempt: true }).shape,
  source: z.object({ sha256: JobSchema.shape.source.shape.sha256, git: z.object({ commit: z.string() }).optional() }),
});
const RestSchema = z.object({
  budgets: z.object({ buildMs: z.int().optional() }).catch({}),
  secretNames: z.array(z.string()).catch([]),
});

/** What a report is about. */
export type JobIdentity = z.infer<typeof IdentitySchema>;

export interface ReadJob {
  readonly identity: JobIdentity;
  /** What the recipe allows the build to take. */
  readonly budgetMs: number | undefined;
  readonly secretNames: readonly string[];
}

/** Stand where nobody said what the job is about: such a report is refused by whoever settles it, and the log says why. */
const UNKNOWN = { name: 'unknown', version: 'unknown', sha256: '0'.repeat(64) };

/**
 * What the environment alone says.
 * @throws SlipwayError `job-invalid` where it does not even say which build and platform it is
 */
export function announcedIdentity(environment: Readonly<Record<string, string>>): JobIdentity {
  const parsed = IdentitySchema.safeParse({
    buildId: environment[VARIABLE.buildId],
    platform: environment[VARIABLE.platform],
    attempt: Number(environment[VARIABLE.attempt] ?? '1'),
    name: environment[VARIABLE.name] ?? UNKNOWN.name,
    version: environment[VARIABLE.version] ?? UNKNOWN.version,
    source: { sha256: environment[VARIABLE.sourceSha256] ?? UNKNOWN.sha256 },
  });
  if (parsed.success) return parsed.data;
  throw invalid('the environment does not say which build this is', parsed.error);
}

/** @throws SlipwayError `job-invalid` where it is no job, or another one than the environment announces */
export function readJob(text: string, announced: JobIdentity): ReadJob {
  const body = parseJson(text);
  const parsed = IdentitySchema.safeParse(body);
  if (!parsed.success) throw invalid('job.json does not say which build it is', parsed.error);
  const identity = parsed.data;
  const wrong = (['buildId', 'platform', 'attempt'] as const).find((key) => identity[key] !== announced[key]);
  if (wrong !== undefined) {
    throw new SlipwayError('job-invalid', `job.json is of ${wrong} '${identity[wrong]}', expected '${announced[wrong]}'`, {
      hint: 'start the build again',
    });
  }
  const rest = RestSchema.safeParse(body).data;
  return { identity, budgetMs: rest?.budgets.buildMs, secretNames: rest?.secretNames ?? [] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SlipwayError('job-invalid', 'job.json holds no JSON', { hint: 'start the build again', cause });
  }
}

function invalid(message: string, error: z.ZodError): SlipwayError {
  const fields = error.issues.map(({ path }) => path.join('.')).join(', ');
  return new SlipwayError('job-invalid', `${message}: ${fields}`, { hint: 'start the build again' });
}

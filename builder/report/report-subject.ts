/** Owns reading what a report would be about from a job that may be broken otherwise: a failure is reported where its build is known. */
import { z } from 'zod';
import { JobSchema } from '../../core/job/job';
import { SlipwayError } from '../../core/slipway-error';
import type { ReportSubject } from './report-draft';

const SubjectSchema = z.object({
  ...JobSchema.pick({ buildId: true, name: true, version: true, platform: true, attempt: true }).shape,
  source: z.object({ sha256: JobSchema.shape.source.shape.sha256, git: z.object({ commit: z.string() }).optional() }),
});

/** @throws SlipwayError `job-invalid` when it does not even say which build it is */
export function readSubject(raw: unknown): ReportSubject {
  const parsed = SubjectSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new SlipwayError(
    'job-invalid',
    `the job does not say which build it is: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`,
    {
      hint: 'start the build again',
    },
  );
}

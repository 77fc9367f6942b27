/**
 * Owns the names of the environment variables of the Lambdas, each here once, and their reading: typed, at a cold start.
 * The construct that sets one gives the grant that it needs in the same method.
 */
import { z } from 'zod';
import { STAGE_PATTERN } from '../core/deployment/parameter-names';
import { PlatformIdSchema } from '../core/platform';
import { SlipwayError } from '../core/slipway-error';

export const VARIABLE = {
  stage: 'SLIPWAY_STAGE',
  bucket: 'SLIPWAY_BUCKET',
  /** JSON: platform -> { project, logGroup, environment, computeType, timeoutMinutes }, see `ProjectSchema`. */
  projects: 'SLIPWAY_PROJECTS',
  /** Jobs of this stage that may be open at once. */
  concurrentJobs: 'SLIPWAY_CONCURRENT_JOBS',
  /** Digest of what the builds run on (builder, buildspecs, images): part of the key under which results are reused. */
  buildToolsDigest: 'SLIPWAY_BUILD_TOOLS_DIGEST',
  topicArn: 'SLIPWAY_TOPIC_ARN',
  /** Assumed for each redirect and each direct link, under a session policy. */
  linkRoleArn: 'SLIPWAY_LINK_ROLE_ARN',
  /** `https://….execute-api.…/`; empty where the deployment has no gate. */
  gateUrl: 'SLIPWAY_GATE_URL',
  /** `true`: links lead to S3's dual-stack endpoint. */
  isDualStack: 'SLIPWAY_DUAL_STACK',
  /** JSON: tag -> value, for parameters that are created, where an account demands tags. Absent: none. */
  parameterTags: 'SLIPWAY_PARAMETER_TAGS',
} as const;

export const ProjectSchema = z.object({
  /** The CodeBuild project's name. */
  project: z.string().min(1),
  /** The log group's name. */
  logGroup: z.string().min(1),
  environment: z.string().optional(),
  computeType: z.string().optional(),
  /** How long a job may run; the project's own setting. */
  timeoutMinutes: z.number().int().positive().optional(),
});

/** How each variable is read. What may be empty says so. */
const READERS = {
  stage: z.string().regex(STAGE_PATTERN),
  bucket: z.string().min(3),
  projects: jsonOf(z.partialRecord(PlatformIdSchema, ProjectSchema)),
  concurrentJobs: z.coerce.number().int().positive(),
  /** Empty: results are not reused. */
  buildToolsDigest: z.string(),
  topicArn: z.string().startsWith('arn:'),
  linkRoleArn: z.string().startsWith('arn:'),
  /** Empty: the deployment has no gate. */
  gateUrl: z.union([z.literal(''), z.url()]),
  isDualStack: z
    .enum(['', 'true', 'false'])
    .default('')
    .transform((text) => text === 'true'),
  parameterTags: jsonOf(z.record(z.string(), z.string()), '{}'),
} as const satisfies Record<keyof typeof VARIABLE, z.ZodType>;

export type Environment = { readonly [Name in keyof typeof READERS]: z.output<(typeof READERS)[Name]> };
export type ProjectOfPlatform = z.infer<typeof ProjectSchema>;

const SETTLING = ['stage', 'bucket', 'projects', 'topicArn', 'parameterTags'] as const;

/** What each function needs to be given; the stacks set these and no others. */
export const FUNCTION_VARIABLES = {
  'start-build': [...SETTLING, 'concurrentJobs', 'buildToolsDigest'],
  status: SETTLING,
  'cancel-build': SETTLING,
  'build-finished': SETTLING,
  sweep: [...SETTLING, 'buildToolsDigest'],
  download: ['stage', 'bucket'],
  distribute: ['stage', 'bucket', 'linkRoleArn', 'gateUrl', 'isDualStack', 'parameterTags'],
  distributions: ['stage', 'bucket', 'gateUrl'],
  revoke: ['stage', 'bucket'],
  gate: ['stage', 'bucket', 'linkRoleArn', 'isDualStack'],
} as const satisfies Record<string, readonly (keyof typeof VARIABLE)[]>;

/**
 * Reads what a function needs, and nothing else, so that a function is not kept from starting by what it never uses.
 * @throws SlipwayError `internal` that names every variable that is missing or wrong
 */
export function readEnvironment<Name extends keyof Environment>(
  variables: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
): Pick<Environment, Name> {
  const problems: string[] = [];
  const read = names.map((name) => {
    const text = variables[VARIABLE[name]];
    const parsed = READERS[name].safeParse(text);
    if (!parsed.success) problems.push(text === undefined ? `'${VARIABLE[name]}' is not set` : `'${VARIABLE[name]}' is '${text}'`);
    return [name, parsed.data] as const;
  });
  if (problems.length > 0) {
    throw new SlipwayError('internal', `the function's environment is not complete: ${problems.join(', ')}`, {
      hint: 'run slipway deploy',
    });
  }
  return Object.fromEntries(read) as Pick<Environment, Name>;
}

/** @param unset what stands for a variable that is not set; without it the variable must be */
function jsonOf<Schema extends z.ZodType>(schema: Schema, unset?: string) {
  return z.preprocess((text = unset) => {
    try {
      return typeof text === 'string' ? (JSON.parse(text) as unknown) : undefined;
    } catch {
      return undefined;
    }
  }, schema);
}

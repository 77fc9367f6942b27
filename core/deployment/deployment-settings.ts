/**
 * Owns what `slipway-deployment.yaml` says: every key optional, with its meaning and default here and nowhere else.
 * What must hold between keys belongs to `settings-rules.ts`, lines and columns to `settings-text.ts`.
 */
import { z } from 'zod';
import { REGION_PATTERN } from './aws-regions';
import { COMPUTE_TYPES, ENVIRONMENT_TYPES, MACHINES_OF, RemotePlatformIdSchema } from './build-machines';
import { DEFAULT_STAGE, STAGE_PATTERN } from './parameter-names';

/** "between 5 minutes and 36 hours" and "5 to 480": https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html */
const TimeoutMinutesSchema = z.int().min(5).max(2160);
const QueuedTimeoutMinutesSchema = z.int().min(5).max(480);

/** What CloudWatch Logs can keep: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const DaysSchema = z.int().min(1).max(3650);
/** A link lives a week at most, and a sweep may come late. */
const SHORTEST_DISTRIBUTION_DAYS = 8;
/** A job may wait 8 hours and run 36. */
const SHORTEST_STAGING_DAYS = 3;

/** Whatever is in it stands readable in the project: a password belongs into the recipe's secrets. */
const AddressSchema = z
  .string()
  .refine((text) => /^https?:$/.test(protocolOf(text)), 'expected an address such as https://example.com')
  .refine((text) => !hasCredentials(text), 'expected an address without a password: it would be readable in the CodeBuild project');

const PlatformSettingsSchema = z.strictObject({
  computeType: z
    .enum(COMPUTE_TYPES)
    .optional()
    .describe(
      `The size of the machine. Default: ${RemotePlatformIdSchema.options.map((id) => `${MACHINES_OF[id].computeType} for ${id}`).join(', ')}.`,
    ),
  image: z
    .string()
    .min(1)
    .optional()
    .describe(
      `The image that builds run in. One of one's own is pulled by the build's role. Default: ${RemotePlatformIdSchema.options.map((id) => `${MACHINES_OF[id].image} for ${id}`).join(', ')}.`,
    ),
  environment: z
    .enum(ENVIRONMENT_TYPES)
    .optional()
    .describe("CodeBuild's environment type. Default: what the image needs; name it for a Windows image of one's own."),
  timeoutMinutes: TimeoutMinutesSchema.default(120).describe('How long a build may run, 5 to 2160 minutes. Default: 120.'),
  queuedTimeoutMinutes: QueuedTimeoutMinutesSchema.default(480).describe(
    'How long a build may wait for a machine, 5 to 480. Default: 480.',
  ),
  allowUnlistedRegion: z
    .boolean()
    .default(false)
    .describe('Do not refuse a region that is not known to have this environment: for a region newer than this slipway. Default: false.'),
});

const RetentionSchema = z.strictObject({
  sources: DaysSchema.default(90).describe('Sources of builds; a retry needs them. Default: 90.'),
  staging: DaysSchema.min(SHORTEST_STAGING_DAYS).default(7).describe('What a build uploads before it is verified. Default: 7, at least 3.'),
  builds: DaysSchema.default(180).describe('Verified artifacts and manifests. Default: 180.'),
  distributions: DaysSchema.min(SHORTEST_DISTRIBUTION_DAYS)
    .default(14)
    .describe('Copies behind links, should a sweep miss them after their end. Default: 14, at least 8.'),
  noncurrent: DaysSchema.default(30).describe('Earlier versions of what was overwritten or deleted. Default: 30.'),
  logs: z
    .literal(LOG_RETENTION_DAYS)
    .default(90)
    .describe('Logs of builds, functions and the gate: one of the numbers that CloudWatch Logs knows. Default: 90.'),
  accessLogs: DaysSchema.default(365).describe('Who asked the bucket for what; may hold live signatures. Default: 365.'),
});

const AlarmsSchema = z.strictObject({
  failedBuilds: z.int().min(1).default(1).describe('Builds that fail within 5 minutes, from which it is an alarm. Default: 1.'),
  queueMinutes: z.int().min(1).default(30).describe('How long a job may wait before it is an alarm. Default: 30.'),
  deniedDownloads: z.int().min(1).default(20).describe('Downloads denied within 15 minutes, from which it is an alarm. Default: 20.'),
  expiredDownloads: z.int().min(1).default(20).describe('Requests for links that have expired, within 15 minutes. Default: 20.'),
  unknownLinks: z.int().min(1).default(50).describe('Links that nobody made, within 15 minutes. Default: 50.'),
  downloadsAnHour: z
    .int()
    .min(1)
    .default(200)
    .describe('Downloads granted within an hour, from which it is unusual: somewhat more than on your busiest day. Default: 200.'),
  gigabytesAnHour: z
    .int()
    .min(1)
    .default(50)
    .describe('Gigabytes that S3 sends for links within an hour, from which it is unusual. Default: 50.'),
});

/** An address list, or one address. */
const EmailsSchema = z.array(z.email('expected an e-mail address such as builds@example.com'));

export const DeploymentSettingsSchema = z.strictObject({
  stage: z
    .string()
    .regex(STAGE_PATTERN, 'expected a lower-case name of at most 16 letters, digits and dashes, such as prod')
    .default(DEFAULT_STAGE)
    .describe('Which of several deployments in one account and region this is. Default: prod.'),
  region: z
    .string()
    .regex(REGION_PATTERN, 'expected a region such as eu-central-1')
    .optional()
    .describe('Where it is deployed. Default: the region of the credentials.'),
  account: z
    .string()
    .regex(/^\d{12}$/, 'expected an account of 12 digits, in quotes')
    .optional()
    .describe('Credentials of another account are refused. Default: the account of the credentials.'),
  platforms: z
    .partialRecord(RemotePlatformIdSchema, PlatformSettingsSchema)
    .prefault({ 'linux-x86_64': {}, 'linux-arm64': {}, 'windows-x86_64': {} })
    .describe('What it builds, each with its machine: {} for the defaults. Default: all three.'),
  concurrentJobs: z.int().min(1).max(500).default(10).describe('Jobs of this stage that may be open at once. Default: 10.'),
  retentionDays: RetentionSchema.prefault({}).describe('After how many days what is stored is deleted.'),
  retainBucket: z.boolean().default(false).describe('Keep the artifact bucket when the deployment is destroyed. Default: false.'),
  notifications: z
    .strictObject({
      emails: EmailsSchema.default([]).describe('Who is told of ended builds and alarms; each confirms by a mail. Default: nobody.'),
      topicArn: z
        .string()
        .regex(/^arn:[\w-]+:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/, 'expected the ARN of an SNS topic')
        .optional()
        .describe('A topic of your own in place of one that is made. Default: one is made.'),
    })
    .prefault({})
    .describe('Where ended builds and alarms are told.'),
  permissionsBoundary: z
    .string()
    .regex(/^arn:[\w-]+:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/, 'expected the ARN of a managed policy')
    .optional()
    .describe('The ARN of a managed policy that bounds every role that is made. Default: none.'),
  tags: z
    .record(z.string().min(1).max(128), z.string().max(256))
    .default({})
    .describe('Tags on everything that is made, also at run time. Default: none but slipway:stage.'),
  registries: z
    .strictObject({
      pypi: AddressSchema.optional().describe('The simple index that builds install from. Default: https://pypi.org/simple.'),
      npm: AddressSchema.optional().describe('The registry that builds fetch Node and packages from. Default: https://registry.npmjs.org.'),
      pythonMirror: AddressSchema.optional().describe('A mirror of the releases of python-build-standalone. Default: GitHub.'),
    })
    .prefault({})
    .describe('Where builds get packages from.'),
  proxy: z
    .strictObject({
      http: AddressSchema.optional().describe('For http: addresses. Default: none.'),
      https: AddressSchema.optional().describe('For https: addresses. Default: none.'),
      exceptions: z.array(z.string().min(1)).default([]).describe('Hosts that are asked directly. Default: none.'),
    })
    .prefault({})
    .describe('The proxy that builds reach the network by.'),
  gate: z
    .enum(['public', 'none'])
    .default('public')
    .describe(
      'public: links are answered on the internet, bound to expiry and addresses. none: only direct links, of an hour. Default: public.',
    ),
  gateThrottle: z
    .strictObject({
      requestsPerSecond: z.int().min(1).max(10_000).default(50).describe('Steady rate. Default: 50.'),
      burst: z.int().min(1).max(5_000).default(100).describe('At once. Default: 100.'),
    })
    .prefault({})
    .describe('How many requests the gate answers; more get 429.'),
  dualStack: z.boolean().default(false).describe('Links for IPv4 and IPv6, in place of IPv4 alone. Default: false.'),
  alarms: z
    .union([z.literal(false), AlarmsSchema])
    .prefault({})
    .describe('From when something is an alarm; false for none at all.'),
  dashboard: z.boolean().default(false).describe('A CloudWatch dashboard; the first three of an account are free. Default: false.'),
});

/** With every default filled in. */
export type DeploymentSettings = z.output<typeof DeploymentSettingsSchema>;
export type PlatformSettings = z.output<typeof PlatformSettingsSchema>;
export type AlarmSettings = z.output<typeof AlarmsSchema>;

function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : '';
}

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}

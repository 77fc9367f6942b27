/** Owns what `/slipway/<stage>/config` says: written by `cdk deploy`, read by the command line on every machine. */
import { z } from 'zod';
import { CALLED_FUNCTIONS } from '../api/call';
import { PlatformIdSchema } from '../platform';

export const DeploymentPlatformSchema = z.strictObject({
  /** The CodeBuild project's name. */
  project: z.string(),
  /** Such as BUILD_GENERAL1_LARGE; with `environment` it is the key of the price table. */
  computeType: z.string(),
  /** CodeBuild's environment type, such as LINUX_CONTAINER. */
  environment: z.string(),
  image: z.string(),
  timeoutMinutes: z.int(),
  queuedTimeoutMinutes: z.int(),
});

export const DeploymentConfigSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** What the Lambdas speak, see `core/api/call.ts`. */
  apiVersion: z.int(),
  /** Of the deployed code. */
  slipwayVersion: z.string(),
  stage: z.string(),
  region: z.string(),
  account: z.string(),
  bucket: z.string(),
  /** Function names by what they answer. */
  functions: z.record(z.enum(CALLED_FUNCTIONS), z.string()),
  platforms: z.partialRecord(PlatformIdSchema, DeploymentPlatformSchema),
  /** Null where the deployment has no gate. */
  gateUrl: z.url().nullable(),
  /** Builds of one stage that may run at once. */
  concurrentJobs: z.int(),
});
export type DeploymentConfig = z.infer<typeof DeploymentConfigSchema>;
export type DeploymentPlatform = z.infer<typeof DeploymentPlatformSchema>;

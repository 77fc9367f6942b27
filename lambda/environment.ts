/**
 * Owns the names of the environment variables of the Lambdas: each stands here once.
 * The construct that sets one gives the grant that it needs in the same method.
 */
export const VARIABLE = {
  stage: 'SLIPWAY_STAGE',
  bucket: 'SLIPWAY_BUCKET',
  /** JSON: platform -> { project, logGroup, environment, computeType }. */
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
} as const;

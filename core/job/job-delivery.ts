/**
 * Owns the names by which a job reaches a machine of CodeBuild: environment variables, the identifiers of its two sources, and the
 * file that each source holds. The runner writes them, the bootstrap on the machine reads them.
 */

/** Plain environment variables of the build. */
export const JOB_VARIABLE = {
  /** By these three a build is found again. */
  buildId: 'SLIPWAY_BUILD_ID',
  platform: 'SLIPWAY_PLATFORM',
  attempt: 'SLIPWAY_ATTEMPT',
  /** By these a report can be told from another's, also where job.json cannot be read. */
  name: 'SLIPWAY_NAME',
  version: 'SLIPWAY_VERSION',
  sourceSha256: 'SLIPWAY_SOURCE_SHA256',
  /** How long CodeBuild lets the job run: shortly before, the machine ends it itself and leaves a report. */
  timeoutMinutes: 'SLIPWAY_TIMEOUT_MINUTES',
} as const;

/** CodeBuild unzips each into `CODEBUILD_SRC_DIR_<identifier>`: build-env-ref-env-vars.html of its user guide. */
export const SOURCE_IDENTIFIER = { job: 'job', source: 'source' } as const;

/** What lies in them. */
export const DELIVERED_FILE = { job: 'job.json', source: 'source.zip' } as const;

/**
 * Owns the names by which a job reaches a machine of CodeBuild: environment variables, the identifiers of its two sources, and the
 * file that each source holds. The runner writes them, the bootstrap on the machine reads them.
 */

/** Plain environment variables of the build; by them a build is found again. */
export const JOB_VARIABLE = { buildId: 'SLIPWAY_BUILD_ID', platform: 'SLIPWAY_PLATFORM', attempt: 'SLIPWAY_ATTEMPT' } as const;

/** CodeBuild unzips each into `CODEBUILD_SRC_DIR_<identifier>`: build-env-ref-env-vars.html of its user guide. */
export const SOURCE_IDENTIFIER = { job: 'job', source: 'source' } as const;

/** What lies in them. */
export const DELIVERED_FILE = { job: 'job.json', source: 'source.zip' } as const;

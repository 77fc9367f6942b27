/**
 * Owns what a build machine tells by its environment: where things lie, which job this is, and when its time is over.
 * CodeBuild's variables: https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
 */
import path from 'node:path';
import { DELIVERED_FILE, JOB_VARIABLE, SOURCE_IDENTIFIER } from '../../core/job/job-delivery';
import { SlipwayError } from '../../core/slipway-error';

/** Set by whoever starts the job, or by the project. All but the first three may be missing. */
export const VARIABLE = {
  ...JOB_VARIABLE,
  /** Where tools and caches are kept, in an image that brings some. By default a folder beside the tools. */
  home: 'SLIPWAY_HOME',
} as const;

export interface BuildPlace {
  /** What the buildspec names as the artifacts' base directory. */
  readonly outDirectory: string;
  readonly jobDirectory: string;
  readonly homeDirectory: string;
  /** Downloads that CodeBuild's cache brought back, relative to the home as the buildspecs say. */
  readonly downloadsDirectory: string;
  readonly builderFile: string;
  /** What the secondary sources hold. */
  readonly jobFile: string;
  readonly sourceFile: string;
  /** Since 1970; undefined where nobody said how long the job may run. */
  readonly deadlineMs: number | undefined;
}

/** Time that is left to CodeBuild for uploading the report, at most; of a short limit it is a fifth. */
const RESERVE_MS = 90_000;

/**
 * @param nowMs counts as the job's start where CodeBuild does not say it
 * @throws SlipwayError `job-invalid` outside CodeBuild, or in a project without the two secondary sources
 */
export function placeOf(environment: Readonly<Record<string, string>>, nowMs: number): BuildPlace {
  const tools = directory(environment, 'CODEBUILD_SRC_DIR');
  const named = environment[VARIABLE.home] ?? '';
  const homeDirectory = named === '' ? path.join(tools, 'home') : path.resolve(named);
  return {
    outDirectory: path.join(tools, 'out'),
    jobDirectory: path.join(tools, 'job'),
    homeDirectory,
    downloadsDirectory: path.join(homeDirectory, 'cache', 'downloads'),
    builderFile: path.join(tools, 'builder.mjs'),
    jobFile: path.join(directory(environment, `CODEBUILD_SRC_DIR_${SOURCE_IDENTIFIER.job}`), DELIVERED_FILE.job),
    sourceFile: path.join(directory(environment, `CODEBUILD_SRC_DIR_${SOURCE_IDENTIFIER.source}`), DELIVERED_FILE.source),
    deadlineMs: deadlineOf(environment, nowMs),
  };
}

/** The folder of the buildspec and the tools. @throws SlipwayError `job-invalid` */
export function directory(environment: Readonly<Record<string, string>>, variable: string): string {
  const found = environment[variable] ?? '';
  if (found !== '') return path.resolve(found);
  throw new SlipwayError('job-invalid', `'${variable}' is not set`, {
    hint: 'this runs in a CodeBuild project of slipway: deploy again with slipway deploy',
  });
}

function deadlineOf(environment: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const limitMs = Number(environment[VARIABLE.timeoutMinutes] ?? '') * 60_000;
  if (!(limitMs > 0)) return undefined;
  const startedAtMs = Number(environment.CODEBUILD_START_TIME ?? '') || nowMs;
  return startedAtMs + limitMs - Math.min(RESERVE_MS, limitMs / 5);
}

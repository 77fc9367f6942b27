/**
 * Owns the layout of the store: the same keys in the bucket and under `$SLIPWAY_HOME/store`.
 * A key is a relative path with forward slashes.
 */
import { createHash } from 'node:crypto';
import type { PlatformId } from './platform';

/** Larger than any creation time in milliseconds until the year 2286, so that newer builds sort first. */
const NEWEST_FIRST_BASE = 9_999_999_999_999;

export const storageKey = {
  source: (sha256: string) => `sources/${sha256}.zip`,
  /** The same inside another zip, for a service that unzips what it is given: see docs/decisions/008. */
  wrappedSource: (sha256: string) => `sources/${sha256}.wrapped.zip`,
  /** What one job needs to know beside its source, zipped for the same reason. */
  jobPackage: (buildId: string, platform: PlatformId, attempt: number) => `jobs/${buildId}/${platform}-${attempt}.zip`,
  /** A file of somebody's machine on its way into a distribution. No build may write there. */
  upload: (sha256: string) => `uploads/${sha256}`,
  stagingPrefix: (buildId: string, platform: PlatformId, nonce: string) => `staging/${buildId}/${platform}/${nonce}/`,
  buildFile: (buildId: string, platform: PlatformId, file: string) => `builds/${buildId}/${platform}/${file}`,
  buildManifest: (buildId: string) => `builds/${buildId}/manifest.json`,
  buildRecord: (buildId: string) => `records/builds/${buildId}.json`,
  buildRecords: 'records/builds/',
  buildIndex: (createdAtMs: number, buildId: string) =>
    `index/builds/${String(NEWEST_FIRST_BASE - createdAtMs).padStart(13, '0')}-${buildId}`,
  buildIndexPrefix: 'index/builds/',
  /**
   * One per build that is not completely done: made before the record, removed after everything that follows an end.
   * So a sweep and the limit of jobs cost one list and a read per open build, however many builds there ever were.
   */
  openBuild: (buildId: string) => `index/open/${buildId}`,
  openBuilds: 'index/open/',
  /** Create-only: who tells people that this build has ended, and whether that was done. */
  endNotice: (buildId: string) => `records/notices/${buildId}.json`,
  /** NaN for a key that is none of ours. */
  createdAtMsOfIndexKey: (key: string) => NEWEST_FIRST_BASE - Number(key.slice('index/builds/'.length, key.lastIndexOf('-'))),
  distributionRecord: (distId: string) => `records/distributions/${distId}.json`,
  distributionRecords: 'records/distributions/',
  /** One per distribution that may still have copies: the next to end first. A sweep reads no further than the clock. */
  expiringDistribution: (expiresAtMs: number, distId: string) => `index/expiring/${String(expiresAtMs).padStart(13, '0')}-${distId}`,
  expiringDistributions: 'index/expiring/',
  /** NaN for a key that is none of ours. */
  expiresAtMsOfKey: (key: string) => Number(key.slice('index/expiring/'.length, key.lastIndexOf('-'))),
  distributionFile: (distId: string, file: string) => `distributions/${distId}/${file}`,
  distributionPrefix: (distId: string) => `distributions/${distId}/`,
  /** The token itself never becomes a key. */
  link: (token: string) => `links/${createHash('sha256').update(token).digest('hex')}.json`,
  grant: (distId: string, grantId: string) => `grants/${distId}/${grantId}.json`,
  grantsPrefix: (distId: string) => `grants/${distId}/`,
  /** Which grant an address was given last for a file: how a piece of a download finds it, however many grants there are. */
  resume: (distId: string, file: string, address: string) =>
    `resumes/${distId}/${createHash('sha256').update(`${file}\n${address}`).digest('hex')}.json`,
  /** How the sending of a grant's file went, where the gate sends it itself. */
  transfer: (distId: string, grantId: string) => `transfers/${distId}/${grantId}.json`,
  /** The request as it came: what a retry starts from. */
  buildRequest: (buildId: string) => `records/requests/${buildId}.json`,
  /** What a closed job's report said, for the manifest. */
  jobResult: (buildId: string, platform: PlatformId) => `records/results/${buildId}/${platform}.json`,
  /** A result that an equal build may reuse. */
  reusableResult: (name: string, resultKey: string) => `cache/results/${name}/${resultKey}.json`,
  pointer: (name: string) => `pointers/${name}.json`,
  /** The newest distribution; builds have their own pointer, so that neither waits for the other. */
  distributionPointer: (name: string) => `pointers/distributions/${name}.json`,
  /** No application's name has a dot in it. */
  directLinkPointer: (name: string) => `pointers/distributions/${name}.direct.json`,
} as const;

/** The build id at the end of an index key. */
export function buildIdOfIndexKey(key: string): string {
  return key.slice(key.lastIndexOf('-') + 1);
}

/**
 * Owns how long what lies under which prefix is kept. Records, links, grants and pointers are small, and are kept for good.
 * A deletion by lifecycle leaves an earlier version, which goes after `noncurrent` days.
 */
import { Duration } from 'aws-cdk-lib';
import type { LifecycleRule } from 'aws-cdk-lib/aws-s3';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';

/** Downloads of builds and remembered results are made again where they are missing. */
const CACHE_DAYS = 30;
/** A download that broke off goes on within the hour; S3 deletes by whole days. */
const RESUMES_DAYS = 1;
/** An upload that nobody completed. */
const ABORT_DAYS = 1;

export function lifecycleRules({ retentionDays }: Pick<DeploymentSettings, 'retentionDays'>): LifecycleRule[] {
  const { sources, staging, builds, distributions, noncurrent } = retentionDays;
  const expiring: Readonly<Record<string, number>> = {
    // With them what wraps them for CodeBuild, `<sha256>.wrapped.zip`.
    sources,
    jobs: staging,
    staging,
    uploads: staging,
    builds,
    distributions,
    resumes: RESUMES_DAYS,
    cache: CACHE_DAYS,
  };
  return [
    ...Object.entries(expiring).map(([prefix, days]) => ({ id: prefix, prefix: `${prefix}/`, expiration: Duration.days(days) })),
    { id: 'earlier-versions', noncurrentVersionExpiration: Duration.days(noncurrent), expiredObjectDeleteMarker: true },
    { id: 'broken-uploads', abortIncompleteMultipartUploadAfter: Duration.days(ABORT_DAYS) },
  ];
}

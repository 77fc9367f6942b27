/** Owns the resources on which rights are asked: one of each room of the bucket and of the parameters, and what is none of the stage's. */
import { storageKey } from '../../core/storage-key';
import { parameterName } from '../../core/deployment/parameter-names';
import type { Probe } from './iam-simulation';
import { ACCOUNT, REGION } from './synthesized-stage';

const BUILD = 'K3N8V2QX7M0T5RBD';
const DIST = '7M0T5RBDK3N8V2QX';
const DIGEST = 'a'.repeat(64);
const BUCKET = 'arn:aws:s3:::artifacts';

/** Room -> a key in it. */
const KEYS: Readonly<Record<string, string>> = {
  'sources/': storageKey.source(DIGEST),
  'jobs/': storageKey.jobPackage(BUILD, 'linux-x86_64', 1),
  'uploads/': storageKey.upload(DIGEST),
  'staging/': `${storageKey.stagingPrefix(BUILD, 'linux-x86_64', DIGEST)}report.json`,
  'builds/': storageKey.buildFile(BUILD, 'linux-x86_64', 'fieldkit-linux-x86_64.tar.gz'),
  'records/builds/': storageKey.buildRecord(BUILD),
  'records/notices/': storageKey.endNotice(BUILD),
  'records/requests/': storageKey.buildRequest(BUILD),
  'records/results/': storageKey.jobResult(BUILD, 'linux-x86_64'),
  'records/distributions/': storageKey.distributionRecord(DIST),
  'index/builds/': storageKey.buildIndex(1_700_000_000_000, BUILD),
  'index/open/': storageKey.openBuild(BUILD),
  'index/expiring/': storageKey.expiringDistribution(1_700_000_000_000, DIST),
  'distributions/': storageKey.distributionFile(DIST, 'fieldkit-linux-x86_64.tar.gz'),
  'links/': storageKey.link('token'),
  'grants/': storageKey.grant(DIST, '0001'),
  'resumes/': storageKey.resume(DIST, 'fieldkit-linux-x86_64.tar.gz', '203.0.113.7'),
  'cache/results/': storageKey.reusableResult('fieldkit', DIGEST),
  'cache/downloads/linux-x86_64/': `cache/downloads/linux-x86_64/${DIGEST}`,
  'cache/downloads/linux-arm64/': `cache/downloads/linux-arm64/${DIGEST}`,
  'cache/downloads/windows-x86_64/': `cache/downloads/windows-x86_64/${DIGEST}`,
  'pointers/': storageKey.pointer('fieldkit'),
  'pointers/distributions/': storageKey.distributionPointer('fieldkit'),
};

const parameter = (name: string): Probe => ({ name, arn: `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}` });
const named = (name: string, service: string, resource: string): Probe => ({
  name,
  arn: `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`,
});

export interface StageNames {
  readonly linkRole: string;
  readonly buildRole: string;
  /** `bucket/key` of what builds are given. */
  readonly buildTools: string;
}

export function probesOf({ linkRole, buildRole, buildTools }: StageNames) {
  const assets = buildTools.split('/')[0] ?? '';
  return {
    s3: [
      ...Object.entries(KEYS).map(([name, key]): Probe => ({ name, arn: `${BUCKET}/${key}` })),
      { name: 'bucket', arn: BUCKET },
      ...Object.keys(KEYS).map((room): Probe => ({ name: `bucket?prefix=${room}`, arn: BUCKET, context: { 's3:prefix': `${room}K3N8` } })),
      { name: 'access-logs', arn: 'arn:aws:s3:::access-logs' },
      { name: 'access-logs/', arn: 'arn:aws:s3:::access-logs/artifacts/1' },
      { name: 'build tools', arn: `arn:aws:s3:::${buildTools}` },
      { name: 'other assets', arn: `arn:aws:s3:::${assets}/other.zip` },
      { name: 'assets bucket', arn: `arn:aws:s3:::${assets}` },
      { name: 'another bucket', arn: 'arn:aws:s3:::another' },
      { name: 'another bucket/', arn: `arn:aws:s3:::another/${KEYS['sources/'] ?? ''}` },
    ],
    ssm: [
      parameter(parameterName.config('prod')),
      parameter(parameterName.latestBuild('prod', 'fieldkit')),
      parameter(parameterName.distribution('prod', 'fieldkit')),
      parameter(parameterName.secret('prod', 'fieldkit', 'TOKEN')),
      parameter(parameterName.config('test')),
      parameter(parameterName.latestBuild('test', 'fieldkit')),
      parameter(parameterName.distribution('test', 'fieldkit')),
      parameter(parameterName.secret('test', 'fieldkit', 'TOKEN')),
      parameter('/another'),
    ],
    iam: [
      { name: 'link role', arn: linkRole },
      { name: 'build role', arn: buildRole },
      { name: 'admin role', arn: `arn:aws:iam::${ACCOUNT}:role/admin` },
    ],
    sts: [
      { name: 'link role', arn: linkRole },
      { name: 'build role', arn: buildRole },
      { name: 'admin role', arn: `arn:aws:iam::${ACCOUNT}:role/admin` },
    ],
    kms: [named('a key', 'kms', 'key/1234abcd-12ab-34cd-56ef-1234567890ab')],
    lambda: [
      ...[
        'start-build',
        'status',
        'cancel-build',
        'download',
        'distribute',
        'distributions',
        'revoke',
        'build-finished',
        'sweep',
        'gate',
      ].map((name) => named(name, 'lambda', `function:slipway-prod-${name}`)),
      named("another stage's", 'lambda', 'function:slipway-test-status'),
    ],
    codebuild: [
      ...['linux-x86_64', 'linux-arm64', 'windows-x86_64'].map((name) => named(name, 'codebuild', `project/slipway-prod-${name}`)),
      named("another stage's", 'codebuild', 'project/slipway-test-linux-x86_64'),
    ],
  } satisfies Readonly<Record<string, readonly Probe[]>>;
}

/**
 * THE table of what every role of a stage may do, for review: role -> action of S3, SSM, IAM, STS, KMS, Lambda and CodeBuild -> on
 * what. A name that ends in a slash is a room of the artifact bucket; `bucket` is the bucket itself, with `?prefix=` where only that
 * may be listed. A test evaluates every action of these services against it: a change of rights is a change here.
 */
type Rights = Readonly<Record<string, readonly string[]>>;

const anybody: Rights = {
  // AWS allows it to everybody, and it tells nobody more than who they are.
  'sts:GetCallerIdentity': ['link role', 'build role', 'admin role'],
};

const PROJECTS = ['linux-x86_64', 'linux-arm64', 'windows-x86_64'];
const LATEST_BUILD = '/slipway/prod/apps/fieldkit/latest-build';
const NEWEST_LINK = '/slipway/prod/apps/fieldkit/distribution';
const SECRET = '/slipway/prod/apps/fieldkit/secrets/TOKEN';
const CONFIG = '/slipway/prod/config';

const build = (platform: string): Rights => ({
  ...anybody,
  's3:GetBucketAcl': ['bucket'],
  's3:GetBucketLocation': ['bucket'],
  's3:GetObject': ['sources/', 'jobs/', `cache/downloads/${platform}/`, 'build tools'],
  's3:GetObjectVersion': ['sources/', 'jobs/', 'build tools'],
  's3:PutObject': ['staging/', `cache/downloads/${platform}/`],
  'ssm:GetParameters': [SECRET],
});

const settled = [
  'builds/',
  'records/builds/',
  'records/notices/',
  'records/results/',
  'cache/results/',
  'pointers/',
  'pointers/distributions/',
];
const RESULTS = ['cache/results/'];
const POINTERS = ['pointers/', 'pointers/distributions/'];

const settling: Rights = {
  ...anybody,
  's3:ListBucket': ['bucket'],
  's3:ListBucketVersions': ['bucket?prefix=jobs/', 'bucket?prefix=staging/', 'bucket?prefix=builds/'],
  's3:GetObject': [
    'builds/',
    'records/builds/',
    'records/notices/',
    'records/requests/',
    'records/results/',
    'index/open/',
    ...RESULTS,
    ...POINTERS,
  ],
  's3:GetObjectVersion': ['staging/', 'builds/'],
  's3:PutObject': settled,
  's3:AbortMultipartUpload': settled,
  's3:DeleteObject': ['records/notices/', 'index/open/', ...RESULTS, ...POINTERS],
  's3:DeleteObjectVersion': ['jobs/', 'staging/', 'builds/'],
  'ssm:GetParameter': [LATEST_BUILD],
  'ssm:PutParameter': [LATEST_BUILD],
  'codebuild:BatchGetBuilds': PROJECTS,
  'codebuild:ListBuildsForProject': PROJECTS,
};

const started = ['sources/', 'jobs/', ...settled];

const starting: Rights = {
  ...settling,
  's3:GetObjectVersion': ['sources/', 'staging/', 'builds/'],
  's3:PutObject': started,
  's3:AbortMultipartUpload': started,
  'ssm:GetParameter': [LATEST_BUILD, SECRET],
  'codebuild:StartBuild': PROJECTS,
  'codebuild:StopBuild': PROJECTS,
};

const requested = [
  'sources/',
  'jobs/',
  'builds/',
  'records/builds/',
  'records/notices/',
  'records/requests/',
  'records/results/',
  'index/builds/',
  'index/open/',
  ...RESULTS,
  ...POINTERS,
];

const distributed = ['uploads/', 'records/distributions/', 'index/expiring/', 'distributions/', 'links/', 'pointers/distributions/'];

const operator = (...functions: readonly string[]): Rights => ({
  ...anybody,
  'ssm:GetParameter': [CONFIG],
  'lambda:InvokeFunction': functions,
});

export const PERMISSIONS: Readonly<Record<string, Rights>> = {
  'build linux-x86_64': build('linux-x86_64'),
  'build linux-arm64': build('linux-arm64'),
  'build windows-x86_64': build('windows-x86_64'),
  'function status': settling,
  'function build-finished': settling,
  'function cancel-build': { ...settling, 'codebuild:StopBuild': PROJECTS },
  'function start-build': {
    ...starting,
    's3:GetObject': requested,
    's3:PutObject': requested,
    's3:AbortMultipartUpload': requested,
  },
  'function sweep': {
    ...starting,
    's3:GetObject': [
      'sources/',
      'jobs/',
      'builds/',
      'records/builds/',
      'records/notices/',
      'records/requests/',
      'records/results/',
      'index/open/',
      'index/expiring/',
      ...RESULTS,
      ...POINTERS,
    ],
    's3:ListBucketVersions': ['bucket?prefix=jobs/', 'bucket?prefix=staging/', 'bucket?prefix=builds/', 'bucket?prefix=distributions/'],
    's3:DeleteObject': ['records/notices/', 'index/open/', 'index/expiring/', ...RESULTS, ...POINTERS],
    's3:DeleteObjectVersion': ['jobs/', 'staging/', 'builds/', 'distributions/'],
  },
  'function download': {
    ...anybody,
    's3:ListBucket': ['bucket'],
    's3:GetObject': ['builds/', 'records/builds/'],
    's3:GetObjectVersion': ['builds/'],
  },
  'function distribute': {
    ...anybody,
    's3:ListBucket': ['bucket'],
    's3:ListBucketVersions': ['bucket?prefix=distributions/'],
    's3:GetObject': [
      'uploads/',
      'builds/',
      'records/builds/',
      'records/distributions/',
      'index/expiring/',
      'distributions/',
      'links/',
      ...POINTERS,
    ],
    's3:GetObjectVersion': ['uploads/', 'builds/', 'distributions/'],
    's3:PutObject': distributed,
    's3:AbortMultipartUpload': distributed,
    's3:DeleteObject': ['records/distributions/', 'index/expiring/', 'links/'],
    's3:DeleteObjectVersion': ['distributions/'],
    'ssm:GetParameter': [NEWEST_LINK],
    'ssm:PutParameter': [NEWEST_LINK],
    'ssm:DeleteParameter': [NEWEST_LINK],
    'sts:AssumeRole': ['link role'],
  },
  'function distributions': {
    ...anybody,
    's3:ListBucket': ['bucket'],
    's3:GetObject': ['records/distributions/', 'grants/', 'pointers/distributions/'],
    'ssm:GetParameter': [NEWEST_LINK],
  },
  'function revoke': {
    ...anybody,
    's3:ListBucket': ['bucket'],
    's3:ListBucketVersions': ['bucket?prefix=distributions/'],
    's3:GetObject': ['records/distributions/', 'index/expiring/', 'grants/'],
    's3:PutObject': ['records/distributions/', 'index/expiring/'],
    's3:AbortMultipartUpload': ['records/distributions/', 'index/expiring/'],
    's3:DeleteObjectVersion': ['distributions/'],
  },
  'function gate': {
    ...anybody,
    's3:ListBucket': ['bucket'],
    's3:GetObject': ['records/distributions/', 'links/', 'grants/', 'resumes/'],
    's3:PutObject': ['grants/', 'resumes/'],
    's3:AbortMultipartUpload': ['grants/', 'resumes/'],
    's3:DeleteObject': ['grants/'],
    'sts:AssumeRole': ['link role'],
  },
  link: { ...anybody, 's3:GetObjectVersion': ['distributions/'] },
  'operator Viewer': operator('status', 'download'),
  'operator Builder': operator('start-build', 'status', 'cancel-build', 'download'),
  'operator Distributor': operator('status', 'download', 'distribute', 'distributions', 'revoke'),
};

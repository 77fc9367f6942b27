/**
 * Owns which function may do what to which keys of the artifact bucket. A prefix is a room of `core/storage-key.ts`.
 * The reviewed table in the tests says the same in IAM's words; a test runs the use-cases against both.
 */

export type FunctionName =
  'start-build' | 'status' | 'cancel-build' | 'build-finished' | 'sweep' | 'download' | 'distribute' | 'distributions' | 'revoke' | 'gate';

export interface BucketRights {
  /** The newest version. */
  readonly read?: readonly string[];
  /** A named version: what was recorded, or signed for. */
  readonly readVersion?: readonly string[];
  readonly write?: readonly string[];
  /** Leaves an earlier version behind. */
  readonly remove?: readonly string[];
  /** Deletes every version, for good. */
  readonly purge?: readonly string[];
}

/**
 * What settles a build: the one way in which it ends, whoever looks. What lies below `builds/` already is proved before it counts;
 * the request is read for the build's provenance.
 */
const SETTLING: BucketRights = {
  read: [
    'records/builds/',
    'records/requests/',
    'records/notices/',
    'records/results/',
    'index/open/',
    'pointers/',
    'builds/',
    'cache/results/',
  ],
  readVersion: ['staging/', 'builds/'],
  write: ['records/builds/', 'records/notices/', 'records/results/', 'pointers/', 'builds/', 'cache/results/'],
  remove: ['records/notices/', 'index/open/', 'pointers/', 'cache/results/'],
  purge: ['staging/', 'jobs/', 'builds/'],
};

/** What starts a job, or starts it again. */
const STARTING: BucketRights = {
  read: ['records/requests/', 'sources/', 'jobs/'],
  readVersion: ['sources/'],
  write: ['sources/', 'jobs/'],
};

export const BUCKET_RIGHTS: Readonly<Record<FunctionName, BucketRights>> = {
  status: SETTLING,
  'cancel-build': SETTLING,
  'build-finished': SETTLING,
  'start-build': together(SETTLING, STARTING, {
    read: ['index/builds/'],
    write: ['records/requests/', 'index/builds/', 'index/open/'],
  }),
  sweep: together(SETTLING, STARTING, { read: ['index/expiring/'], remove: ['index/expiring/'], purge: ['distributions/'] }),
  download: { read: ['records/builds/', 'builds/'], readVersion: ['builds/'] },
  distribute: {
    read: ['records/builds/', 'records/distributions/', 'builds/', 'pointers/', 'links/', 'index/expiring/', 'uploads/', 'distributions/'],
    readVersion: ['builds/', 'uploads/', 'distributions/'],
    write: ['records/distributions/', 'links/', 'pointers/distributions/', 'index/expiring/', 'uploads/', 'distributions/'],
    remove: ['records/distributions/', 'links/', 'index/expiring/'],
    purge: ['distributions/'],
  },
  distributions: { read: ['records/distributions/', 'grants/', 'pointers/distributions/'] },
  revoke: {
    read: ['records/distributions/', 'index/expiring/', 'grants/'],
    write: ['records/distributions/', 'index/expiring/'],
    purge: ['distributions/'],
  },
  // A grant whose redirect could not be made is taken back; an earlier version of it stays.
  gate: { read: ['records/distributions/', 'links/', 'grants/', 'resumes/'], write: ['grants/', 'resumes/'], remove: ['grants/'] },
};

function together(...rights: readonly BucketRights[]): BucketRights {
  const all = (kind: keyof BucketRights) => [...new Set(rights.flatMap((one) => one[kind] ?? []))].sort();
  return { read: all('read'), readVersion: all('readVersion'), write: all('write'), remove: all('remove'), purge: all('purge') };
}

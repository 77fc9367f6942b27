/**
 * Owns what goes wrong in any call to AWS: one table from the names of the SDK's errors to errors of Slipway.
 * What only one service knows (a missing parameter, a full queue) is told by that service's adapter before it comes here.
 */
import { redactUrls } from '../core/redaction';
import { isSlipwayError, SlipwayError, type ErrorCode } from '../core/slipway-error';

export interface AwsCall {
  /** As people call it: `S3`, `CodeBuild`. */
  readonly service: string;
  /** Such as `GetObject of 'records/builds/….json'`. */
  readonly operation: string;
}

interface Kind {
  readonly code: ErrorCode;
  /** What is wrong, after `<service> ` and before the operation. */
  readonly says: string;
  readonly hint: string;
}

const THROTTLED: Kind = {
  code: 'service-unavailable',
  says: 'takes no more calls for now, such as',
  hint: 'run the command again in a minute',
};
const BROKEN: Kind = {
  code: 'service-unavailable',
  says: 'has a fault in',
  hint: 'run the command again; see https://health.aws.amazon.com when it stays so',
};
const UNREACHED: Kind = {
  code: 'service-unavailable',
  says: 'cannot be reached for',
  hint: 'check the network and HTTPS_PROXY, then run the command again',
};
const DENIED: Kind = {
  code: 'access-denied',
  says: 'denies',
  hint: 'use a profile that has one of the policies that the stack gives out (viewer, builder, distributor), with --profile',
};
const EXPIRED: Kind = {
  code: 'credentials-expired',
  says: 'finds the credentials expired for',
  hint: 'get new ones, such as with aws sso login, and run the command again',
};
const MISSING: Kind = {
  code: 'credentials-missing',
  says: 'has no credentials for',
  hint: 'name a profile with --profile or AWS_PROFILE, or run aws sso login; see aws sts get-caller-identity',
};
const WRONG: Kind = {
  code: 'credentials-missing',
  says: 'does not know the credentials of',
  hint: 'check the profile with aws sts get-caller-identity, and the clock of this machine',
};
const NO_REGION: Kind = {
  code: 'region-missing',
  says: 'needs a region for',
  hint: 'name one with --region, AWS_REGION, or aws.region in slipway.yaml',
};
const GONE: Kind = {
  code: 'deployment-mismatch',
  says: 'has no such thing for',
  hint: 'the stack may have been deleted in part: run slipway deploy',
};

const ELSEWHERE: Kind = {
  code: 'deployment-mismatch',
  says: 'has it in another region, for',
  hint: 'name the region of the deployment with --region, AWS_REGION, or aws.region in slipway.yaml',
};

/** By `error.name`: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, S3's ErrorResponses.html, and the SDK's own. */
const KINDS: Readonly<Record<string, Kind>> = {
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  ThrottledException: THROTTLED,
  RequestThrottled: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  TooManyRequestsException: THROTTLED,
  LimitExceededException: THROTTLED,
  PriorRequestNotComplete: THROTTLED,
  RequestThrottledException: THROTTLED,
  BandwidthLimitExceeded: THROTTLED,
  SlowDown: THROTTLED,
  EC2ThrottledException: THROTTLED,
  TooManyUpdates: THROTTLED,

  InternalError: BROKEN,
  InternalFailure: BROKEN,
  InternalServerError: BROKEN,
  InternalServiceException: BROKEN,
  ServiceException: BROKEN,
  ServiceUnavailable: BROKEN,
  ServiceUnavailableException: BROKEN,

  RequestTimeout: UNREACHED,
  RequestTimeoutException: UNREACHED,
  TimeoutError: UNREACHED,
  NetworkingError: UNREACHED,

  AccessDenied: DENIED,
  AccessDeniedException: DENIED,
  AuthorizationError: DENIED,
  AuthorizationErrorException: DENIED,
  NotAuthorized: DENIED,
  UnauthorizedOperation: DENIED,

  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  RequestExpired: EXPIRED,
  TokenRefreshRequired: EXPIRED,

  CredentialsProviderError: MISSING,
  TokenProviderError: MISSING,
  MissingAuthenticationToken: MISSING,

  AuthFailure: WRONG,
  IncompleteSignature: WRONG,
  InvalidAccessKeyId: WRONG,
  InvalidClientTokenId: WRONG,
  InvalidSignatureException: WRONG,
  InvalidToken: WRONG,
  RequestTimeTooSkewed: WRONG,
  SignatureDoesNotMatch: WRONG,
  UnrecognizedClientException: WRONG,

  NoSuchBucket: GONE,
  NotFoundException: GONE,
  ResourceNotFoundException: GONE,

  AuthorizationHeaderMalformed: ELSEWHERE,
  IllegalLocationConstraintException: ELSEWHERE,
  PermanentRedirect: ELSEWHERE,
};

/** The names that the table knows; each has a line of its own in the tests. */
export const KNOWN_AWS_ERRORS: readonly string[] = Object.keys(KINDS);

/** Of the system, below the SDK: the connection was never made, or broke. */
const NETWORK_CODES =
  /^(ECONN\w+|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+)$/;

/** Answers with a SlipwayError: what is one already stays itself; what no row knows is `aws-call-failed` with the SDK's words. */
export function awsFailure(thrown: unknown, { service, operation }: AwsCall): SlipwayError {
  if (isSlipwayError(thrown)) return thrown;
  const { name, message, status, systemCode } = readError(thrown);
  const kind = KINDS[name] ?? kindOfMessage(name, message) ?? kindOfStatus(status) ?? (isNetwork(systemCode) ? UNREACHED : undefined);
  const details = { service, operation, error: name, ...(status === undefined ? {} : { status }) };
  if (kind === undefined) {
    return new SlipwayError('aws-call-failed', `${service} failed in ${operation}: ${name}: ${message}`, {
      hint: 'run the command again with SLIPWAY_DEBUG=1 to see more',
      details,
      cause: thrown,
    });
  }
  return new SlipwayError(kind.code, `${service} ${kind.says} ${operation}${reason(kind, message)}`, {
    hint: hintOf(kind, name, message),
    details,
    cause: thrown,
  });
}

interface ReadError {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly systemCode: string;
}

function readError(thrown: unknown): ReadError {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as {
    readonly name?: unknown;
    readonly message?: unknown;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  return {
    name: typeof error.name === 'string' ? error.name : 'Error',
    message: shownMessage(typeof error.message === 'string' ? error.message : String(thrown)),
    status: error.$metadata?.httpStatusCode,
    systemCode: typeof error.code === 'string' ? error.code : '',
  };
}

/**
 * The first paragraph alone: a refused signature is followed by the canonical request, and the session's token is a line of it.
 * Ids of access keys are no secrets, and lead to who is meant; nobody needs them in a log.
 */
function shownMessage(message: string): string {
  const [first = ''] = message.trim().split(/\r?\n\s*\r?\n/, 1);
  return redactUrls(first.replaceAll(/\s+/g, ' '))
    .replaceAll(/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, '$1…')
    .replace(/\.$/, '');
}

function isNetwork(systemCode: string): boolean {
  return NETWORK_CODES.test(systemCode);
}

/** The SDK throws a plain Error where it finds no region, and a CredentialsProviderError for a login that has run out. */
function kindOfMessage(name: string, message: string): Kind | undefined {
  return name === 'Error' && /region is missing/i.test(message) ? NO_REGION : undefined;
}

function kindOfStatus(status: number | undefined): Kind | undefined {
  if (status === 429) return THROTTLED;
  if (status === 403) return DENIED;
  return status !== undefined && status >= 500 ? BROKEN : undefined;
}

/** Denials name the action and the role; the others say it already. */
function reason(kind: Kind, message: string): string {
  return kind === THROTTLED || kind === NO_REGION || message === '' ? '' : `: ${message}`;
}

/** An SSO session that has run out is no missing profile: the SDK says so in the message alone. */
function hintOf(kind: Kind, name: string, message: string): string {
  return name === 'CredentialsProviderError' && /sso.*(expired|invalid)|(expired|invalid).*sso/i.test(message)
    ? 'run aws sso login for this profile, then the command again'
    : kind.hint;
}

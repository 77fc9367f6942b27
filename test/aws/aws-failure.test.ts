/** What goes wrong in calls to AWS, as people read it. */
import { awsFailure, KNOWN_AWS_ERRORS } from '../../aws/aws-failure';
import { SlipwayError, exitCodeOf } from '../../core/slipway-error';

const call = { service: 'S3', operation: "GetObject of 'records/x.json'" };
const error = (name: string, message = 'the words of AWS', rest: object = {}) => Object.assign(new Error(message), { name, ...rest });

test.each([
  ['a throttled call', error('ThrottlingException'), 'service-unavailable', 9, /takes no more calls/, /in a minute/],
  ['S3 that asks to slow down', error('SlowDown'), 'service-unavailable', 9, /takes no more calls/, /in a minute/],
  ['a fault of the service', error('InternalError'), 'service-unavailable', 9, /has a fault/, /again/],
  ['an unknown 503', error('Whatever', 'busy', { $metadata: { httpStatusCode: 503 } }), 'service-unavailable', 9, /busy/, /again/],
  ['an unknown 429', error('Whatever', 'busy', { $metadata: { httpStatusCode: 429 } }), 'service-unavailable', 9, /no more calls/, /again/],
  [
    'no network',
    error('Error', 'getaddrinfo ENOTFOUND s3', { code: 'ENOTFOUND' }),
    'service-unavailable',
    9,
    /cannot be reached.*ENOTFOUND/,
    /HTTPS_PROXY/,
  ],
  [
    'a proxy with its own certificate',
    error('Error', 'self-signed', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    'service-unavailable',
    9,
    /cannot be reached/,
    /PROXY/,
  ],
  [
    'a denial',
    error('AccessDenied', 'User: x is not authorized to perform: s3:GetObject'),
    'access-denied',
    5,
    /denies.*s3:GetObject/,
    /--profile/,
  ],
  ['a 403 without a name', error('403', 'UnknownError', { $metadata: { httpStatusCode: 403 } }), 'access-denied', 5, /denies/, /--profile/],
  ['an expired token', error('ExpiredTokenException'), 'credentials-expired', 8, /expired/, /aws sso login/],
  [
    'no credentials',
    error('CredentialsProviderError', 'Could not load credentials from any providers'),
    'credentials-missing',
    8,
    /has no credentials/,
    /--profile/,
  ],
  [
    'an SSO session that has run out',
    error('CredentialsProviderError', 'The SSO session associated with this profile has expired.'),
    'credentials-missing',
    8,
    /SSO session/,
    /aws sso login for this profile/,
  ],
  ['a key that AWS does not know', error('UnrecognizedClientException'), 'credentials-missing', 8, /does not know/, /get-caller-identity/],
  ['a clock that is wrong', error('RequestTimeTooSkewed'), 'credentials-missing', 8, /does not know/, /clock/],
  ['no region', error('Error', 'Region is missing'), 'region-missing', 8, /needs a region/, /--region/],
  ['a bucket that is gone', error('NoSuchBucket'), 'deployment-mismatch', 8, /no such thing/, /slipway deploy/],
  [
    'anything else',
    error('ValidationException', 'bad input', { $metadata: { httpStatusCode: 400 } }),
    'aws-call-failed',
    1,
    /ValidationException: bad input/,
    /SLIPWAY_DEBUG/,
  ],
] as const)('%s', (_what, thrown, code, exitCode, message, hint) => {
  const failure = awsFailure(thrown, call);
  expect(failure).toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
    details: { service: 'S3', operation: call.operation },
    cause: thrown,
  });
  expect(failure.message).toContain(call.operation);
  expect(exitCodeOf(failure.code)).toBe(exitCode);
});

test('an error of our own stays itself', () => {
  const own = new SlipwayError('record-changed', 'another was faster');
  expect(awsFailure(own, call)).toBe(own);
});

test('what makes a presigned address work does not show', () => {
  const thrown = error('Whatever', 'PUT https://b.example/k?X-Amz-Signature=abc123&x=1 failed');
  expect(awsFailure(thrown, call).message).not.toContain('abc123');
});

test.each([undefined, null, 'text', 42])('%p, thrown by who knows what, is told', (thrown) => {
  expect(awsFailure(thrown, call)).toMatchObject({ code: 'aws-call-failed', message: expect.stringContaining(String(thrown)) as string });
});

const PASSES = ['service-unavailable', 9] as const;
const DENIED = ['access-denied', 5] as const;
const EXPIRED = ['credentials-expired', 8] as const;
const MISSING = ['credentials-missing', 8] as const;
const DEPLOYMENT = ['deployment-mismatch', 8] as const;

/** Beside each name, what it comes to. */
const EXPECTED: Readonly<Record<string, readonly [string, number]>> = {
  Throttling: PASSES,
  ThrottlingException: PASSES,
  ThrottledException: PASSES,
  RequestThrottled: PASSES,
  RequestThrottledException: PASSES,
  RequestLimitExceeded: PASSES,
  LimitExceededException: PASSES,
  PriorRequestNotComplete: PASSES,
  BandwidthLimitExceeded: PASSES,
  TooManyRequestsException: PASSES,
  SlowDown: PASSES,
  EC2ThrottledException: PASSES,
  TooManyUpdates: PASSES,
  InternalError: PASSES,
  InternalFailure: PASSES,
  InternalServerError: PASSES,
  InternalServiceException: PASSES,
  ServiceException: PASSES,
  ServiceUnavailable: PASSES,
  ServiceUnavailableException: PASSES,
  RequestTimeout: PASSES,
  RequestTimeoutException: PASSES,
  TimeoutError: PASSES,
  NetworkingError: PASSES,
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
  AuthFailure: MISSING,
  IncompleteSignature: MISSING,
  InvalidAccessKeyId: MISSING,
  InvalidClientTokenId: MISSING,
  InvalidSignatureException: MISSING,
  InvalidToken: MISSING,
  RequestTimeTooSkewed: MISSING,
  SignatureDoesNotMatch: MISSING,
  UnrecognizedClientException: MISSING,
  NoSuchBucket: DEPLOYMENT,
  NotFoundException: DEPLOYMENT,
  ResourceNotFoundException: DEPLOYMENT,
  AuthorizationHeaderMalformed: DEPLOYMENT,
  IllegalLocationConstraintException: DEPLOYMENT,
  PermanentRedirect: DEPLOYMENT,
};

test('every name of the table is expected here', () => {
  expect(Object.keys(EXPECTED).sort()).toEqual([...KNOWN_AWS_ERRORS].sort());
});

test.each(Object.entries(EXPECTED))('%s', (name, [code, exitCode]) => {
  const failure = awsFailure(error(name), call);
  expect(failure.code).toBe(code);
  expect(exitCodeOf(failure.code)).toBe(exitCode);
  expect(failure.message).toMatch(/^S3 .*GetObject of 'records\/x\.json'/);
  expect(failure.message).not.toMatch(/\.$/);
  expect(failure.hint).not.toBe('');
});

test.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'CERT_HAS_EXPIRED'])(
  'the system says %s',
  (code) => {
    expect(awsFailure(error('Error', `connect ${code}`, { code }), call)).toMatchObject({ code: 'service-unavailable' });
  },
);

test("a refused signature shows neither the session's token nor the key", () => {
  const words =
    'The request signature we calculated does not match the signature you provided.\n\n' +
    "The Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:IQoJb3JpZ2luX2VjEXAMPLE\n'";
  const { message } = awsFailure(error('InvalidSignatureException', words), call);
  expect(message).toContain('does not match the signature you provided');
  expect(message).not.toContain('IQoJ');
  expect(awsFailure(error('AccessDenied', 'the key ASIAIOSFODNN7EXAMPLE may not'), call).message).toContain('the key ASIA… may not');
});

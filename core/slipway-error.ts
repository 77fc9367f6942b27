/**
 * Owns the one error class and the one table of error codes with their exit codes.
 * Messages and hints belong to the places that throw; rendering belongs to the CLI and the Lambdas.
 */

/** Exit codes are classes of failure; several error codes share one. */
export const EXIT = {
  done: 0,
  internal: 1,
  badRequest: 2,
  notFound: 3,
  conflict: 4,
  forbidden: 5,
  cannotBuildHere: 6,
  toolMissing: 7,
  credentialsMissing: 8,
  unavailable: 9,
  buildFailed: 10,
  checkFailed: 11,
  checksumMismatch: 12,
  signingFailed: 13,
  timedOut: 14,
  cancelled: 15,
  interrupted: 130,
} as const;

type ExitClass = keyof typeof EXIT;

/**
 * Every error code and the exit class it belongs to. A code is stable: scripts match on it.
 * `test/architecture.test.ts` proves that each row is thrown somewhere and that no throw names a code without a row.
 */
export const ERROR_CODES = {
  internal: 'internal',

  'bad-usage': 'badRequest',

  'recipe-invalid': 'badRequest',
  'recipe-not-found': 'notFound',
  'settings-invalid': 'badRequest',
  'decision-invalid': 'badRequest',
  'settings-not-found': 'notFound',
  'project-not-found': 'notFound',
  'app-mismatch': 'badRequest',
  'secret-missing': 'credentialsMissing',
  'pyproject-invalid': 'badRequest',
  'version-unresolved': 'badRequest',
  'git-missing': 'toolMissing',
  'git-failed': 'badRequest',
  'git-tag-missing': 'badRequest',
  'git-shallow': 'badRequest',

  'file-not-found': 'notFound',
  'file-exists': 'conflict',
  'disk-full': 'unavailable',
  'permission-denied': 'forbidden',
  'io-failed': 'unavailable',

  'host-not-supported': 'cannotBuildHere',
  'process-not-started': 'toolMissing',
  'process-not-ended': 'internal',

  'tool-not-fetched': 'toolMissing',
  'python-missing': 'toolMissing',
  'python-headers-missing': 'toolMissing',
  'compiler-missing': 'toolMissing',
  'compiler-conflict': 'badRequest',
  'environment-failed': 'buildFailed',
  'lock-stale': 'badRequest',
  'lock-missing': 'badRequest',
  'lock-unsupported': 'badRequest',
  'dependency-unresolved': 'buildFailed',
  'dependency-build-failed': 'buildFailed',
  'vendor-impossible': 'cannotBuildHere',

  'download-failed': 'unavailable',
  'download-not-found': 'notFound',
  'download-denied': 'credentialsMissing',

  'nothing-to-compare': 'badRequest',
  'comparison-running': 'conflict',
  'comparison-failed': 'buildFailed',
  'trial-not-distributable': 'conflict',

  'illegal-transition': 'conflict',
  'record-corrupt': 'checksumMismatch',
  'record-exists': 'conflict',
  'record-changed': 'conflict',
  'store-busy': 'unavailable',
  'home-not-writable': 'forbidden',
  'artifact-not-found': 'notFound',

  'build-not-found': 'notFound',
  'build-ambiguous': 'badRequest',
  'build-reference-invalid': 'badRequest',
  'build-open': 'conflict',
  'build-ended': 'conflict',
  'nothing-to-retry': 'conflict',
  'cancel-pending': 'unavailable',
  'platform-not-in-build': 'notFound',
  'source-not-clean': 'conflict',
  'build-limit-reached': 'unavailable',
  'build-limit-exceeded': 'badRequest',
  'account-limit-reached': 'unavailable',
  'call-refused': 'conflict',

  'build-failed': 'buildFailed',
  'builder-lost': 'buildFailed',
  'builder-crashed': 'buildFailed',
  'start-lost': 'buildFailed',
  'artifact-mismatch': 'buildFailed',
  'build-cancelled': 'cancelled',
  'build-timed-out': 'timedOut',

  'no-artifacts': 'notFound',
  'no-sidecars': 'notFound',
  'not-a-tauri-project': 'badRequest',
  'download-conflict': 'conflict',
  'archive-unsafe': 'forbidden',
  'checksum-unknown': 'notFound',
  'provenance-mismatch': 'checksumMismatch',
  'checksum-mismatch': 'checksumMismatch',

  'compiler-option-refused': 'badRequest',
  'platform-not-buildable-here': 'cannotBuildHere',
  'node-version-unknown': 'badRequest',
  'native-addon': 'cannotBuildHere',
  'import-dynamic': 'badRequest',
  'glibc-floor-unreachable': 'cannotBuildHere',
  'job-invalid': 'badRequest',
  'data-not-found': 'badRequest',
  'entry-not-found': 'badRequest',
  'entry-syntax': 'buildFailed',
  'script-not-found': 'badRequest',
  'module-not-runnable': 'badRequest',
  'compile-failed': 'buildFailed',
  'launcher-failed': 'buildFailed',
  'package-collision': 'badRequest',
  'package-changed': 'checkFailed',
  'sbom-failed': 'buildFailed',
  'check-failed': 'checkFailed',
  'budget-exceeded': 'checkFailed',

  'address-range-invalid': 'badRequest',
  'address-range-refused': 'badRequest',
  'address-list-too-long': 'badRequest',
  'expiry-out-of-range': 'badRequest',
  'direct-link-too-long': 'badRequest',
  'direct-link-one-file': 'badRequest',
  'downloads-not-counted': 'badRequest',
  'max-downloads-out-of-range': 'badRequest',
  'link-kind-unavailable': 'badRequest',
  'path-not-distributable': 'badRequest',
  'job-not-succeeded': 'conflict',
  'secrets-found': 'checkFailed',
  'distribution-not-found': 'notFound',
  'distribution-ambiguous': 'badRequest',
  'no-live-link': 'notFound',
  'base-url-invalid': 'badRequest',
  'qr-too-large': 'badRequest',
  'port-in-use': 'conflict',
  'listen-refused': 'badRequest',

  'bad-call': 'badRequest',
  'answer-too-large': 'badRequest',
  'deployment-mismatch': 'credentialsMissing',
  'deployment-not-found': 'credentialsMissing',
  'not-bootstrapped': 'credentialsMissing',
  'wrong-account': 'credentialsMissing',
  'deploy-failed': 'unavailable',
  'destroy-failed': 'unavailable',
  'credentials-missing': 'credentialsMissing',
  'credentials-expired': 'credentialsMissing',
  'region-missing': 'credentialsMissing',
  'access-denied': 'forbidden',
  'service-unavailable': 'unavailable',
  'aws-call-failed': 'internal',
  'function-failed': 'unavailable',
  'upload-failed': 'unavailable',
  'upload-refused': 'conflict',
  'gate-not-deployed': 'credentialsMissing',
  'parameter-not-written': 'unavailable',
  'upload-too-large': 'badRequest',

  'link-leaves-source': 'badRequest',
  'name-not-portable': 'badRequest',
  'source-excluded': 'badRequest',
  'source-file-missing': 'badRequest',
  'source-unreadable': 'forbidden',
  'source-changed': 'conflict',
  'source-conflict': 'badRequest',
  'source-archive-invalid': 'badRequest',

  interrupted: 'interrupted',
} as const satisfies Record<string, ExitClass>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Codes whose failure may pass by itself, so that the same call may be made again. */
const RETRYABLE: ReadonlySet<ExitClass> = new Set<ExitClass>(['unavailable']);

export interface SlipwayErrorOptions {
  /** The next thing to type, or the next thing to change. */
  readonly hint?: string;
  /** JSON-able facts for `--json` readers. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The only error that Slipway throws on purpose.
 * Match on `code`, never on `instanceof`: bundles may hold the class twice.
 *
 * @param code a row of {@link ERROR_CODES}
 * @param message lower case, no full stop, the wrong value quoted
 */
export class SlipwayError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: SlipwayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SlipwayError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** The process exit code of an error code. */
export function exitCodeOf(code: ErrorCode): number {
  return EXIT[ERROR_CODES[code]];
}

/** Whether the same call may succeed later without a change. */
export function isRetryable(code: ErrorCode): boolean {
  return RETRYABLE.has(ERROR_CODES[code]);
}

/** Whether this version of Slipway knows the code. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}

/** Whether `value` is a SlipwayError, also one from another bundle. */
export function isSlipwayError(value: unknown): value is SlipwayError {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    value.name === 'SlipwayError' &&
    'code' in value &&
    isErrorCode(value.code)
  );
}

function messageOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'message' in thrown ? String(thrown.message) : String(thrown);
}

/** Wraps whatever was caught: a SlipwayError stays itself, anything else becomes `internal` with its cause. */
export function toSlipwayError(thrown: unknown): SlipwayError {
  if (isSlipwayError(thrown)) return thrown;
  const message = messageOf(thrown);
  return new SlipwayError('internal', message, {
    cause: thrown,
    hint: 'run the command again with SLIPWAY_DEBUG=1 and report what it prints',
  });
}

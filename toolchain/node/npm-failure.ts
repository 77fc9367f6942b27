/** Owns telling what went wrong in npm from what it printed: a table of signatures, each with a real line beside it. */
import { LOCK_COMMAND } from '../../core/project/npm-lock';
import { redact } from '../../core/redaction';
import { type ErrorCode, SlipwayError } from '../../core/slipway-error';

interface Signature {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly message: (match: RegExpExecArray) => string;
  readonly hint: string;
}

/** The first that matches counts. */
const SIGNATURES: readonly Signature[] = [
  {
    // npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. …
    // npm error Invalid: lock file's ms@2.1.3 does not satisfy ms@2.1.2
    pattern: /are in sync\.[^]*?(?:npm error ((?:Invalid|Missing): [^\n]+))/,
    code: 'lock-stale',
    message: (match) => `the lock does not fit package.json any more: ${match[1] ?? ''}`,
    hint: `bring it up to date with: ${LOCK_COMMAND}`,
  },
  {
    // npm error code E401 · npm error Incorrect or missing password.
    // npm error 403 403 Forbidden - GET https://npm.example/@corp%2fkit
    pattern: /npm error code E40[13]\b(?:[^]*?(https?:\/\/[^\s]+))?/,
    code: 'download-denied',
    message: (match) => `the registry asks for credentials${match[1] === undefined ? '' : `: '${match[1]}'`}`,
    hint: 'name a token under secrets, as the .npmrc of the project takes it: //HOST/:_authToken=${NPM_TOKEN}; or put it into ~/.npmrc',
  },
  {
    // npm error code EINTEGRITY · npm error sha512-… integrity checksum failed when using sha512: wanted sha512-… but got sha512-…. (1234 bytes)
    pattern: /npm error code EINTEGRITY[^]*?(wanted \S+ but got \S+)/,
    code: 'checksum-mismatch',
    message: (match) => `what the registry serves has another digest than the lock: ${match[1] ?? ''}`,
    hint: 'ask who runs the registry, or lock it again if the package was published anew',
  },
  {
    // npm error code ENOTFOUND · npm error network request to https://npm.example/ms failed, reason: getaddrinfo ENOTFOUND npm.example
    // npm error code ECONNREFUSED
    pattern:
      /npm error +code:? '?(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)\b/,
    code: 'tool-not-fetched',
    message: (match) => `cannot reach the registry of npm: ${match[1] ?? ''}`,
    hint: 'check the network and HTTPS_PROXY, or name a registry that can be reached: npm config set registry URL',
  },
  {
    // npm error code E404 · npm error 404 Not Found - GET https://registry.npmjs.org/nope/-/nope-1.0.0.tgz - Not found
    // npm error code ETARGET · npm error notarget No matching version found for ms@99.
    pattern: /npm error code (?:E404|ETARGET)\b[^]*?npm error (?:404|notarget) ([^\n]+)/,
    code: 'dependency-unresolved',
    message: (match) => `the registry does not have what the lock names: ${(match[1] ?? '').replace(/\.$/, '')}`,
    hint: `look at the registry of the package, or lock again with: ${LOCK_COMMAND}`,
  },
  {
    // npm error code ENOSPC
    pattern: /npm error code ENOSPC\b/,
    code: 'disk-full',
    message: () => 'the disk is full: npm cannot write the dependencies',
    hint: 'free some space, or set SLIPWAY_HOME to a folder on a larger disk',
  },
];

/** @param secrets values that no message may show */
export function npmFailure(output: string, secrets: readonly string[]): SlipwayError {
  const clean = redact(output, secrets);
  const details = { output: clean.trim().split('\n').slice(-20) };
  for (const { pattern, code, message, hint } of SIGNATURES) {
    const match = pattern.exec(clean);
    if (match !== null) return new SlipwayError(code, message(match), { hint, details });
  }
  const said = /npm error (?!code|A complete log)(\S[^\n]*)/.exec(clean)?.[1] ?? clean.trim().split('\n').at(-1) ?? '';
  return new SlipwayError('environment-failed', `npm cannot install the dependencies: ${said.replace(/\.$/, '')}`, {
    hint: 'read the log above: npm says there what is wrong',
    details,
  });
}

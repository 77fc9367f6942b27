/** Owns telling what went wrong in uv from what it printed: a table of signatures, each with a real line beside it. */
import { redact } from '../../core/redaction';
import { type ErrorCode, SlipwayError } from '../../core/slipway-error';
import type { UvCommand } from './uv-command';
import { wheelsAbove } from './wheels-above';

interface Signature {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly message: (match: RegExpExecArray, stderr: string) => string;
  readonly hint: string;
}

/** The first that matches counts: a build that fails for lack of network is a lack of network. */
const SIGNATURES: readonly Signature[] = [
  {
    // error: The lockfile at `uv.lock` needs to be updated, but `--check` was provided.
    pattern: /lockfile at `([^`]+)` needs to be updated/,
    code: 'lock-stale',
    message: (match) => `'${match[1] ?? 'uv.lock'}' does not fit pyproject.toml any more`,
    hint: 'bring it up to date with: uv lock',
  },
  {
    // cause: HTTP status client error (401 Unauthorized) for url (https://pkgs.example/simple/corp/)
    pattern: /\((?:401 Unauthorized|403 Forbidden)\) for url \(([^)]+)\)/,
    code: 'download-denied',
    message: (match) => `'${match[1] ?? ''}' asks for credentials`,
    hint: 'hand them over as secrets: UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD, or put them into ~/.netrc',
  },
  {
    // hint: An index URL (https://pkgs.example/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized).
    pattern: /index URL \(([^)]+)\) could not be queried due to a lack of valid authentication credentials/,
    code: 'download-denied',
    message: (match) => `'${match[1] ?? ''}' asks for credentials`,
    hint: 'hand them over as secrets: UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD, or put them into ~/.netrc',
  },
  {
    // Hash mismatch for `six==1.17.0`
    pattern: /Hash mismatch for `([^`]+)`/,
    code: 'checksum-mismatch',
    message: (match) => `what the index serves as '${match[1] ?? ''}' has another hash than the lock`,
    hint: 'lock it again if the package was published anew, or ask who runs the index',
  },
  {
    // error: Request failed after 1 retry in 1.3s · cause: client error (Connect)
    pattern: /client error \(Connect\)|dns error|error sending request for url|operation timed out|network was disabled/,
    code: 'tool-not-fetched',
    message: (_, stderr) => `cannot reach the package index${urlOf(stderr)}: ${innermostCause(stderr)}`,
    hint: 'check the network and HTTPS_PROXY, or name an index that can be reached: pip config set global.index-url URL',
  },
  {
    // The requested interpreter resolved to Python 3.10.13, which is incompatible with the project's Python requirement: `>=3.12`
    pattern: /Python (\d[\w.]*),? (?:which )?(?:is incompatible with|does not satisfy)[^`]*`([^`]+)`/,
    code: 'dependency-unresolved',
    message: (match) => `the program needs Python '${match[2] ?? ''}', and the recipe says '${match[1] ?? ''}'`,
    hint: 'set python.version in slipway.yaml',
  },
  {
    // error: Extra `nope` is not defined in the `optional-dependencies` table for `demo1`
    // error: Requested extra not found: nope
    // error: The dependency group 'nope' was not found in the project: pyproject.toml
    pattern: /(Extra|Group) `([^`]+)` is not defined|(?:Requested (extra)|dependency (group)) (?:not found: |')([\w.-]+)/,
    code: 'dependency-unresolved',
    message: ([, kind, name, extra, group, other]) =>
      `pyproject.toml has no ${(kind ?? extra ?? group ?? '').toLowerCase()} '${name ?? other ?? ''}'`,
    hint: 'compare dependencies.extras and dependencies.groups with pyproject.toml',
  },
  {
    // error: Failed to build `bad @ file:///src/bad`
    pattern: /Failed to (?:download and )?build `([^`]+)`/,
    code: 'dependency-build-failed',
    message: (match, stderr) => `'${(match[1] ?? '').split(' @ ')[0] ?? ''}' cannot be built: ${backendReason(stderr)}`,
    hint: 'read the log above; a wheel for this platform, or a system package that the build asks for, mends it',
  },
  {
    // error: No solution found when resolving dependencies · cause: Because there is no version of attrs==999 and you require attrs==999, …
    pattern:
      /No solution found when resolving|can't be installed because|no wheels? (?:are|is|with)|was not found in|not found in the package registry/,
    code: 'dependency-unresolved',
    message: (_, stderr) => `the dependencies do not resolve: ${firstCause(stderr)}`,
    hint: 'look at the named package and its version in pyproject.toml or the requirements, and at the indexes of this machine',
  },
];

/**
 * @param secrets values that no message may show
 */
export function uvFailure(command: UvCommand, stderr: string, secrets: readonly string[]): SlipwayError {
  const clean = redact(stderr, secrets);
  const above = wheelsAbove(command, clean);
  if (above !== undefined) return above;
  for (const signature of SIGNATURES) {
    const match = signature.pattern.exec(clean);
    if (match !== null)
      return new SlipwayError(signature.code, signature.message(match, clean), {
        hint: signature.hint,
        details: detailsOf(command, clean),
      });
  }
  return new SlipwayError('environment-failed', `uv cannot make the environment: ${firstCause(clean)}`, {
    hint: 'read the log above: uv says there what is wrong',
    details: detailsOf(command, clean),
  });
}

function detailsOf(command: UvCommand, stderr: string): Readonly<Record<string, unknown>> {
  return { purpose: command.purpose, output: stderr.trim().split('\n').slice(-20) };
}

function linesOf(stderr: string, start: string): readonly string[] {
  return stderr
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.startsWith(start))
    .map((line) => line.slice(start.length).trim());
}

function innermostCause(stderr: string): string {
  return linesOf(stderr, 'cause: ').at(-1) ?? linesOf(stderr, 'error: ')[0] ?? 'no connection';
}

function firstCause(stderr: string): string {
  const cause = linesOf(stderr, 'cause: ')[0] ?? linesOf(stderr, 'error: ')[0] ?? stderr.trim().split('\n').at(-1) ?? '';
  return shorten(cause.replace(/, we can conclude that.*$/, '').replace(/^Because /, ''));
}

function urlOf(stderr: string): string {
  const url = /(?:for url \(|Failed to fetch: `?)(https?:\/\/[^)\s`]+)/.exec(stderr)?.[1];
  return url === undefined ? '' : ` '${url}'`;
}

/** A backend's last line tells most: an exception, a missing header, a missing program. */
function backendReason(stderr: string): string {
  const printed = /\[stderr\]\s*\n([\s\S]*?)(?:\n\s*\n(?:hint|help|error)|$)/.exec(stderr)?.[1] ?? '';
  const last = printed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('hint:'))
    .at(-1);
  return shorten(last ?? innermostCause(stderr));
}

function shorten(text: string): string {
  const plain = text.replace(/\.$/, '');
  return plain.length > 300 ? `${plain.slice(0, 297)}...` : plain;
}

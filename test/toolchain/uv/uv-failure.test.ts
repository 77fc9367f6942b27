import { uvFailure } from '../../../toolchain/uv/uv-failure';

const command = { purpose: 'dependencies', args: [], cwd: '/src', env: {} } as const;

/** As uv 0.13.8 printed them. */
test.each([
  [
    'lock-stale',
    'error: The lockfile at `uv.lock` needs to be updated, but `--check` was provided.\n\nhint: To update the lockfile, run `uv lock`.',
    "'uv.lock' does not fit pyproject.toml any more",
  ],
  [
    'dependency-unresolved',
    'error: No solution found when resolving dependencies\n  cause: Because there is no version of attrs==999 and you require attrs==999, we can conclude that your requirements are unsatisfiable.',
    'the dependencies do not resolve: there is no version of attrs==999 and you require attrs==999',
  ],
  [
    'dependency-unresolved',
    'error: Extra `nope` is not defined in the `optional-dependencies` table for `demo1`',
    "pyproject.toml has no extra 'nope'",
  ],
  [
    'dependency-unresolved',
    "error: Group `nope` is not defined in the project's `dependency-groups` table",
    "pyproject.toml has no group 'nope'",
  ],
  ['dependency-unresolved', 'error: Requested extra not found: nope', "pyproject.toml has no extra 'nope'"],
  [
    'dependency-build-failed',
    'error: Failed to build `bad @ file:///tmp/bad`\n  cause: The build backend returned an error\n  cause: Call to `setuptools.build_meta.get_requires_for_build_wheel` failed (exit status: 1)\n\n         [stderr]\n         Traceback (most recent call last):\n         RuntimeError: no libfoo\n\nhint: Build failures usually indicate a problem with the package or the build environment',
    "'bad' cannot be built: RuntimeError: no libfoo",
  ],
  [
    'tool-not-fetched',
    'error: Request failed after 1 retry in 1.3s\n  cause: Failed to fetch: https://pypi.example/simple/attrs/\n  cause: error sending request for url (https://pypi.example/simple/attrs/)\n  cause: client error (Connect)\n  cause: Connection refused (os error 111)',
    "cannot reach the package index 'https://pypi.example/simple/attrs/': Connection refused (os error 111)",
  ],
  [
    'checksum-mismatch',
    'error: Failed to download `six==1.17.0`\n  cause: Hash mismatch for `six==1.17.0`\n',
    "what the index serves as 'six==1.17.0' has another hash than the lock",
  ],
  [
    'download-denied',
    'error: Failed to fetch: `https://corp.example/simple/x/`\n  cause: HTTP status client error (401 Unauthorized) for url (https://user:pw@corp.example/simple/x/)',
    "'https://***@corp.example/simple/x/' asks for credentials",
  ],
  [
    'download-denied',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because corp-kit was not found in the package registry and you require corp-kit, we can conclude that your requirements are unsatisfiable.\n\n      hint: An index URL (https://user:pw@corp.example/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized).',
    "'https://***@corp.example/simple' asks for credentials",
  ],
  ['environment-failed', 'error: something new', 'uv cannot make the environment: something new'],
])('%s', (code, stderr, message) => {
  const error = uvFailure(command, stderr, []);
  expect(error).toMatchObject({ code, message });
  expect(error.hint).not.toBe('');
});

test('a build that fails for lack of network is a lack of network', () => {
  const stderr =
    'error: Failed to build `kit @ file:///src`\n  cause: Failed to resolve requirements from `build-system.requires`\n  cause: error sending request for url (https://pypi.example/simple/hatchling/)\n  cause: dns error';
  expect(uvFailure(command, stderr, []).code).toBe('tool-not-fetched');
});

test('shows no secret, neither in the message nor in the details', () => {
  const error = uvFailure(command, 'error: the token hunter22 of https://me:hunter22@corp.example is wrong', ['hunter22']);
  expect(JSON.stringify([error.message, error.details])).not.toContain('hunter22');
});

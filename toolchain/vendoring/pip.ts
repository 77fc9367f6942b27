/**
 * Owns the pinned pip that fetches wheels for other platforms: uv can install for them, but keeps no wheel.
 * It runs from its own wheel, so nothing is installed anywhere.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { PythonInstallation } from '../../core/host/host';
import type { PlatformId } from '../../core/platform';
import { compareDottedVersions } from '../../core/quantity';
import { redact, SHORTEST_SECRET } from '../../core/redaction';
import { SlipwayError } from '../../core/slipway-error';
import { indexCredentials, urlWithCredentials } from '../index-credentials';
import { fetchPinned } from '../pinned-download';
import { pinnedWheel } from '../pins';
import { environmentWithoutPython } from '../tool-environment';
import type { ToolchainContext } from '../toolchain-context';
import type { NamedIndex } from './vendor-request';

const TIMEOUT_MS = 30 * 60_000;

/** The lowest glibc first: what is made of such a wheel runs on more systems. */
const MANYLINUX = [
  'manylinux1',
  'manylinux2010',
  'manylinux2014',
  ...[17, 24, 26, 27, 28, 31, 32, 34, 35].map((minor) => `manylinux_2_${minor}`),
];

/** pip's platform tags. It widens macOS's by itself to all older systems. */
const PIP_PLATFORMS: Readonly<Record<PlatformId, readonly string[]>> = {
  'linux-x86_64': MANYLINUX.map((tag) => `${tag}_x86_64`),
  'linux-arm64': MANYLINUX.slice(2).map((tag) => `${tag}_aarch64`),
  'macos-x86_64': ['macosx_13_0_x86_64'],
  'macos-arm64': ['macosx_13_0_arm64'],
  'windows-x86_64': ['win_amd64'],
};

export interface WheelTarget {
  readonly platform: PlatformId;
  readonly pythonVersion: string;
  /** The oldest that the wheels shall run on. */
  readonly glibc?: string;
}

/** The tags of a target's wheels; with a glibc those of a newer one are left out. */
export function wheelTags({ platform, glibc }: Pick<WheelTarget, 'platform' | 'glibc'>): readonly string[] {
  return PIP_PLATFORMS[platform].filter((tag) => glibc === undefined || compareDottedVersions(glibcOfTag(tag), glibc) <= 0);
}

/** https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/#manylinux */
function glibcOfTag(tag: string): string {
  const stated = /^manylinux_2_(\d+)_/.exec(tag)?.[1];
  if (stated !== undefined) return `2.${stated}`;
  return tag.startsWith('manylinux2014') ? '2.17' : tag.startsWith('manylinux2010') ? '2.12' : '2.5';
}

export interface Pip {
  /**
   * Wheels of everything in a requirements file, for a target.
   * @returns false where one of them has no wheel for it
   * @throws SlipwayError `tool-not-fetched`, `download-denied`, `checksum-mismatch`
   */
  download(requirementsFile: string, directory: string, target: WheelTarget): Promise<boolean>;
  /** @throws SlipwayError `dependency-build-failed` and as above */
  build(requirementsFile: string, directory: string, name: string): Promise<void>;
}

export interface PipRequest {
  readonly interpreter: PythonInstallation;
  /** The one that is preferred last; where there is none pip takes its own. */
  readonly indexes: readonly NamedIndex[];
  readonly secretNames: readonly string[];
}

export async function createPip(context: ToolchainContext, request: PipRequest): Promise<Pip> {
  const wheel = pinnedWheel('pip', context.platform);
  // Proved each time: it is small, and it runs with the admin's credentials.
  const archive = path.join(context.homeDirectory, 'toolchains', wheel.file);
  if (!(await isWhole(context, archive, wheel.sha256))) await fetchPinned(context, 'pip', wheel, archive);
  const env = pipEnvironment(context, request);
  const secrets = request.secretNames.map((name) => context.environment[name] ?? '').filter((value) => value.length >= SHORTEST_SECRET);
  const run = async (args: readonly string[]) => {
    const result = await context.processes.run({
      command: request.interpreter.path,
      args: [path.join(archive, 'pip'), ...args],
      cwd: context.userDirectory,
      env,
      timeoutMs: TIMEOUT_MS,
    });
    return { isDone: result.exitCode === 0, output: redact(`${result.stdout}\n${result.stderr}`, secrets) };
  };
  return {
    async download(requirementsFile, directory, target) {
      const platforms = wheelTags(target).flatMap((tag) => ['--platform', tag]);
      const version = target.pythonVersion.split('.').slice(0, 2).join('.');
      const { isDone, output } = await run([
        ...['download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', directory, '--implementation', 'cp'],
        ...['--python-version', version, ...platforms, '--requirement', requirementsFile],
      ]);
      if (isDone) return true;
      if (/No matching distribution found|Could not find a version/.test(output) && !isUnreachable(output)) return false;
      throw pipFailure(output);
    },
    async build(requirementsFile, directory, name) {
      const { isDone, output } = await run(['wheel', '--quiet', '--no-deps', '--wheel-dir', directory, '--requirement', requirementsFile]);
      if (isDone) return;
      if (isUnreachable(output) || isDenied(output)) throw pipFailure(output);
      throw new SlipwayError('dependency-build-failed', `'${name}' cannot be built as a wheel: ${reasonOf(output)}`, {
        hint: `try it by itself: pip wheel --no-deps ${name}`,
        details: { output: output.trim().split('\n').slice(-20) },
      });
    },
  };
}

async function isWhole(context: ToolchainContext, file: string, sha256: string): Promise<boolean> {
  if ((await context.files.stat(file)) === undefined) return false;
  return (
    createHash('sha256')
      .update(await context.files.readBytes(file))
      .digest('hex') === sha256
  );
}

/** pip reads its own configuration; indexes that only the project names come by variable, credentials in them. */
function pipEnvironment(context: ToolchainContext, { indexes }: PipRequest): Readonly<Record<string, string>> {
  const urls = indexes.map(({ url, name }) =>
    urlWithCredentials(url, name === undefined ? undefined : indexCredentials(context.environment, name)),
  );
  const [first, ...others] = urls;
  return {
    ...environmentWithoutPython(context.environment),
    ...(first === undefined ? {} : { PIP_INDEX_URL: first }),
    ...(others.length === 0 ? {} : { PIP_EXTRA_INDEX_URL: others.join(' ') }),
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_RETRIES: '2',
    PIP_CACHE_DIR: path.join(context.homeDirectory, 'cache', 'pip'),
    GIT_TERMINAL_PROMPT: '0',
    PYTHONUTF8: '1',
  };
}

function isUnreachable(output: string): boolean {
  return /NewConnectionError|ConnectTimeoutError|ProxyError|Failed to establish a new connection|Temporary failure in name resolution|Could not resolve host/.test(
    output,
  );
}

function isDenied(output: string): boolean {
  return /\b(401|403) (Client )?Error|Authentication failed|could not read (Username|Password)|Permission denied \(publickey/.test(output);
}

function pipFailure(output: string): SlipwayError {
  if (isDenied(output)) {
    return new SlipwayError('download-denied', `a dependency asks for credentials: ${reasonOf(output)}`, {
      hint: 'set UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD, put them into ~/.netrc, or log in to the git host',
    });
  }
  if (/DO NOT MATCH THE HASHES|hashes are required/i.test(output)) {
    return new SlipwayError(
      'checksum-mismatch',
      `an index has another file of a dependency than the one that was resolved or locked: ${reasonOf(output)}`,
      {
        hint: 'see which index has which: a private package may be public too, under the same name; lock again if it was published anew',
      },
    );
  }
  if (isUnreachable(output)) {
    return new SlipwayError('tool-not-fetched', 'cannot reach the package indexes or repositories that the dependencies come from', {
      hint: 'check the network and HTTPS_PROXY, or name an index that can be reached: pip config set global.index-url URL',
      details: { output: output.trim().split('\n').slice(-10) },
    });
  }
  return new SlipwayError('dependency-unresolved', `pip cannot fetch the dependencies: ${reasonOf(output)}`, {
    hint: 'look at the named package and at the indexes of this machine',
    details: { output: output.trim().split('\n').slice(-20) },
  });
}

function reasonOf(output: string): string {
  const lines = output
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const error =
    lines.filter((line) => /^(ERROR|error|fatal):/.test(line) && !/Failed building|subprocess-exited/.test(line)).at(-1) ??
    lines.at(-1) ??
    '';
  return error.replace(/^(ERROR|error|fatal):\s*/, '').slice(0, 300);
}

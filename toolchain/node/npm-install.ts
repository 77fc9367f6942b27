/**
 * Owns installing what a lock of npm names, with the pinned npm: exactly the lock, no script of any package, and for the platform that
 * is built for, so that every host gets the same folder.
 */
import path from 'node:path';
import { type PlannedCommand } from '../../core/job/build-plan';
import { PLATFORMS, type PlatformId } from '../../core/platform';
import { SHORTEST_SECRET } from '../../core/redaction';
import { SlipwayError } from '../../core/slipway-error';
import { lineSplitter } from '../line-splitter';
import type { ToolchainContext } from '../toolchain-context';
import { ensureNpm, NPM_FOLDER, NPM_PROGRAM } from './node-tools';
import { npmFailure } from './npm-failure';

export interface NpmInstallRequest {
  /** The folder of the lock, absolute. */
  readonly directory: string;
  readonly isDevWanted: boolean;
  /** Optional packages of other systems are left out; whatever this host is. */
  readonly platform: PlatformId;
  /** Variables of the caller's environment whose values must not be shown. */
  readonly secretNames: readonly string[];
}

const TIMEOUT_MS = 30 * 60_000;

/** @param cwd relative to the job directory */
export function npmInstallCommand(request: Pick<NpmInstallRequest, 'isDevWanted' | 'platform'>, cwd: string): PlannedCommand {
  return { argv: ['node', `$SLIPWAY_HOME/toolchains/${NPM_FOLDER}/${NPM_PROGRAM}`, ...npmArguments(request)], cwd, env: {} };
}

/** Flags are stronger than any configuration: a user's `omit`, `dry-run` or `global` must not decide what a build installs. */
function npmArguments({ isDevWanted, platform }: Pick<NpmInstallRequest, 'isDevWanted' | 'platform'>): readonly string[] {
  const { nodePlatform, nodeArch, os } = PLATFORMS[platform];
  return [
    'ci',
    '--ignore-scripts',
    isDevWanted ? '--include=dev' : '--omit=dev',
    '--include=optional',
    `--os=${nodePlatform}`,
    `--cpu=${nodeArch}`,
    ...(os === 'linux' ? ['--libc=glibc'] : []),
    '--no-audit',
    '--no-fund',
    '--no-global',
    '--no-dry-run',
    '--no-bin-links',
    '--loglevel=warn',
  ];
}

/**
 * @throws SlipwayError `lock-stale`, `download-denied`, `tool-not-fetched`, `checksum-mismatch`, `dependency-unresolved`,
 *   `environment-failed`
 */
export async function installNpmDependencies(context: ToolchainContext, request: NpmInstallRequest): Promise<void> {
  const npm = await ensureNpm(context);
  const node = context.nodePath ?? (await context.processes.find('node', context.environment));
  if (node === undefined)
    throw new SlipwayError('tool-not-fetched', 'there is no Node to run npm with', { hint: 'install Node 20 or later' });
  context.log(`$ npm ${npmArguments(request).join(' ')}`);
  const lines = lineSplitter((line) => context.log(line));
  const result = await context.processes.run({
    command: node,
    args: [npm.main, ...npmArguments(request)],
    cwd: request.directory,
    env: npmEnvironment(context),
    timeoutMs: TIMEOUT_MS,
    onOutput: (_, chunk) => lines.push(chunk),
  });
  lines.end();
  if (result.exitCode === 0) return;
  const secrets = request.secretNames.map((name) => context.environment[name] ?? '').filter((value) => value.length >= SHORTEST_SECRET);
  throw npmFailure(`${result.stderr}\n${result.stdout}`, secrets);
}

/** They lead Node or npm to other code, or tell npm of the script that happens to run Slipway. */
const MISLEADING =
  /^(?:NODE_(?:OPTIONS|PATH|ENV|V8_COVERAGE)|npm_(?:package_|lifecycle_|command$|execpath$|node_execpath$|config_(?:local_prefix|prefix|cache|os|cpu|libc|workspace|workspaces|include_workspace_root)$).*)/i;

/** The user's and the project's `.npmrc` stay in force: they name registries and tokens. */
function npmEnvironment(context: ToolchainContext): Readonly<Record<string, string>> {
  const kept = Object.entries(context.environment).filter(([name]) => !MISLEADING.test(name));
  return {
    ...Object.fromEntries(kept),
    npm_config_cache: path.join(context.homeDirectory, 'cache', 'npm'),
    npm_config_update_notifier: 'false',
    npm_config_progress: 'false',
    // No network is to be told in seconds; what drops now and then is retried twice.
    npm_config_fetch_retries: '2',
    npm_config_fetch_retry_mintimeout: '500',
    npm_config_fetch_retry_maxtimeout: '3000',
    NO_COLOR: '1',
    // A private repository without credentials must fail, not wait for them.
    GIT_TERMINAL_PROMPT: '0',
  };
}

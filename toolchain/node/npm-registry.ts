/**
 * Owns getting packages from the npm registry that this machine's npm configuration names, without npm: what arrives is proved by
 * the integrity that is pinned, or that the registry itself states where an exact version was asked for that nobody pinned.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { type NpmConfiguration, readNpmConfiguration } from '../../core/host/npm-configuration';
import { redactUrls } from '../../core/redaction';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import type { ToolchainContext } from '../toolchain-context';

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** `sha512-` and base64, as registries and lock files write it. */
  readonly integrity: string;
}

/** The user's `.npmrc`, and that of the installation whose Node runs this. Read at each use: a token may be fresh. */
export async function readNpmRegistry(
  context: Pick<ToolchainContext, 'files' | 'environment' | 'userDirectory' | 'nodePath'>,
): Promise<NpmConfiguration> {
  const { environment, userDirectory, nodePath } = context;
  const named = (name: string) => Object.entries(environment).find(([key, value]) => key.toLowerCase() === name && value !== '')?.[1];
  const prefix = named('npm_config_prefix') ?? (nodePath === undefined ? undefined : path.join(path.dirname(nodePath), '..'));
  const global = named('npm_config_globalconfig') ?? (prefix === undefined ? undefined : path.join(prefix, 'etc', 'npmrc'));
  const places = [named('npm_config_userconfig') ?? path.join(userDirectory, '.npmrc'), ...(global === undefined ? [] : [global])];
  const texts: string[] = [];
  for (const place of places) if ((await context.files.stat(place)) !== undefined) texts.push(await context.files.readText(place));
  return readNpmConfiguration(texts, environment);
}

/**
 * Writes the package's archive to `target`.
 * @throws SlipwayError `tool-not-fetched` without network or where the registry has none, `download-denied`, `checksum-mismatch`
 */
export async function fetchNpmPackage(context: ToolchainContext, pkg: NpmPackage, target: string): Promise<void> {
  const sha512 = hexOf(pkg);
  const kept = path.join(context.homeDirectory, 'cache', 'downloads', sha512);
  if (await isKept(context, kept, sha512)) return context.files.copy(kept, target);
  const configuration = await readNpmRegistry(context);
  const registry = configuration.registryOf(pkg.name);
  try {
    await fetchArchive(context, configuration, pkg, sha512, target);
  } catch (thrown) {
    throw notFetched(`${pkg.name}@${pkg.version}`, registry, thrown);
  }
  // Kept where whoever runs the build made the folder: see `pinned-download.ts`.
  if ((await context.files.stat(path.dirname(kept))) !== undefined) await context.files.copy(target, kept);
}

/**
 * What the registry says of a version: for one that is not pinned.
 * @throws SlipwayError `tool-not-fetched`, `download-denied`, `node-version-unknown` where the registry has no such version
 */
export async function askIntegrity(context: ToolchainContext, name: string, version: string): Promise<string> {
  const configuration = await readNpmRegistry(context);
  const registry = configuration.registryOf(name);
  try {
    return (await askVersion(context, configuration, { name, version })).integrity;
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'download-not-found') {
      throw new SlipwayError('node-version-unknown', `the registry '${redactUrls(registry)}' has no '${name}' of version '${version}'`, {
        hint: 'name a long-term line such as "26" under version, or a version that the registry has for this platform',
        details: { name, version },
        cause: thrown,
      });
    }
    throw notFetched(`${name}@${version}`, registry, thrown);
  }
}

async function isKept(context: ToolchainContext, file: string, sha512: string): Promise<boolean> {
  if ((await context.files.stat(file))?.kind !== 'file') return false;
  return (
    createHash('sha512')
      .update(await context.files.readBytes(file))
      .digest('hex') === sha512
  );
}

/** Registries keep archives where npm's own does; one that does not says where in what it knows of the version. */
async function fetchArchive(
  context: ToolchainContext,
  configuration: NpmConfiguration,
  pkg: NpmPackage,
  sha512: string,
  target: string,
): Promise<void> {
  const { name, version } = pkg;
  const usual = `${configuration.registryOf(name)}/${name}/-/${name.replace(/^@[^/]+\//, '')}-${version}.tgz`;
  const get = (url: string) => context.downloads.file(requestOf(configuration, url), target, { sha512 });
  try {
    await get(usual);
  } catch (thrown) {
    if (!isSlipwayError(thrown) || thrown.code !== 'download-not-found') throw thrown;
    const { tarball } = await askVersion(context, configuration, pkg);
    if (tarball === usual) throw thrown;
    await get(tarball);
  }
}

const VersionSchema = z.object({ dist: z.object({ integrity: z.string().regex(/^sha512-/), tarball: z.url() }) });

async function askVersion(
  context: ToolchainContext,
  configuration: NpmConfiguration,
  { name, version }: Pick<NpmPackage, 'name' | 'version'>,
): Promise<z.infer<typeof VersionSchema>['dist']> {
  const url = `${configuration.registryOf(name)}/${name.replace('/', '%2f')}/${version}`;
  const { body } = await context.downloads.text(requestOf(configuration, url));
  const parsed = VersionSchema.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data.dist;
  throw new SlipwayError('download-failed', `'${redactUrls(url)}' does not say what '${name}' of version '${version}' is`, {
    hint: 'check the registry that npm is configured with: npm config get registry',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function requestOf(configuration: NpmConfiguration, url: string) {
  const authorization = configuration.authorizationFor(url);
  return authorization === undefined ? { url } : { url, headers: { authorization } };
}

function hexOf({ name, version, integrity }: NpmPackage): string {
  const base64 = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity)?.[1];
  if (base64 === undefined) throw new SlipwayError('internal', `the integrity of '${name}@${version}' is no SHA-512: '${integrity}'`);
  return Buffer.from(base64, 'base64').toString('hex');
}

const PLACE_FAILURES: ReadonlySet<string> = new Set(['download-failed', 'download-not-found']);

function notFetched(what: string, registry: string, thrown: unknown): unknown {
  if (!isSlipwayError(thrown)) return thrown;
  const shown = redactUrls(registry);
  if (thrown.code === 'download-denied') {
    return new SlipwayError('download-denied', `cannot get '${what}': ${thrown.message}`, {
      hint: `put a token for '${shown}' into ~/.npmrc: npm login --registry ${shown}`,
      details: { package: what, registry: shown },
      cause: thrown,
    });
  }
  if (!PLACE_FAILURES.has(thrown.code)) return thrown;
  return new SlipwayError('tool-not-fetched', `cannot get '${what}' from '${shown}': ${thrown.message}`, {
    hint:
      thrown.code === 'download-not-found'
        ? 'mirror the package into the registry, or name another one: npm config set registry URL'
        : 'check the network and HTTPS_PROXY, or name a registry that can be reached: npm config set registry URL',
    details: { package: what, registry: shown },
    cause: thrown,
  });
}

/** Owns reading which package indexes this machine names, and handing them to uv, which does not read pip's configuration. */
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { pipConfigurationFiles, readPipConfiguration } from '../core/host/pip-configuration';
import { PLATFORMS } from '../core/platform';
import { readUvIndexes, registriesOf, uvRegistryVariables, type Registries, type UvIndexes } from '../core/host/registries';
import type { ToolchainContext } from './toolchain-context';

/** What reading the configuration needs; the downloads need it too, so they are no part of it. */
export type RegistryContext = Pick<ToolchainContext, 'files' | 'environment' | 'platform' | 'userDirectory'>;

/** The indexes, certificates and proxy that pip would use, or uv's where it has a configuration of its own. May hold credentials. */
export async function readRegistries(context: RegistryContext): Promise<Registries> {
  return (await read(context)).registries;
}

/**
 * The variables that make uv use the indexes, certificates and proxies that pip would use. It holds credentials: never log it.
 * Add it to the environment of every uv process; variables that the caller set for uv itself are kept.
 */
export async function registryEnvironment(
  context: RegistryContext & Pick<ToolchainContext, 'homeDirectory'>,
): Promise<Readonly<Record<string, string>>> {
  const { registries, isUvConfigured } = await read(context);
  const emptyIndex = path.join(context.homeDirectory, 'cache', 'empty-index');
  if (registries.isIndexOff) await context.files.makeDirectory(emptyIndex);
  return uvRegistryVariables(registries, isUvConfigured, context.environment, pathToFileURL(emptyIndex).href);
}

async function read(context: RegistryContext): Promise<{ registries: Registries; isUvConfigured: boolean }> {
  const { os } = PLATFORMS[context.platform];
  const texts = await readAll(
    context,
    pipConfigurationFiles({ os, environment: context.environment, userDirectory: context.userDirectory }),
  );
  const uv = await readUvConfiguration(context);
  const registries = registriesOf(readPipConfiguration(texts, context.environment), uv, context.environment);
  const findLinks = await existingLinks(context, registries.findLinks);
  const { certificatePath, ...rest } = registries;
  // A path that is gone breaks pip; uv would ignore it. Here the system's own certificates are tried.
  const hasCertificate = certificatePath !== undefined && (await context.files.stat(certificatePath)) !== undefined;
  return { registries: { ...rest, findLinks, ...(hasCertificate ? { certificatePath } : {}) }, isUvConfigured: uv !== undefined };
}

/** pip passes over a folder of links that does not exist, uv ends with an error: leave it out. */
async function existingLinks(context: RegistryContext, findLinks: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    findLinks.map(async (entry) => {
      if (/^https?:/i.test(entry)) return entry;
      const folder = path.resolve(entry.startsWith('file:') ? fileURLToPath(entry) : entry.replace(/^~(?=[/\\])/, context.userDirectory));
      return (await context.files.stat(folder)) === undefined ? undefined : folder;
    }),
  );
  return found.filter((entry) => entry !== undefined);
}

/** uv's own files: the one that UV_CONFIG_FILE names, else the user's, else the system's. */
async function readUvConfiguration(context: RegistryContext): Promise<UvIndexes | undefined> {
  const { environment, userDirectory } = context;
  if ((environment.UV_NO_CONFIG ?? '') !== '') return undefined;
  const named = environment.UV_CONFIG_FILE ?? '';
  const places =
    PLATFORMS[context.platform].os === 'windows'
      ? [
          path.join(environment.APPDATA ?? path.join(userDirectory, 'AppData', 'Roaming'), 'uv', 'uv.toml'),
          path.join(environment.ProgramData ?? environment.PROGRAMDATA ?? 'C:\\ProgramData', 'uv', 'uv.toml'),
        ]
      : [path.join((environment.XDG_CONFIG_HOME ?? '') || path.join(userDirectory, '.config'), 'uv', 'uv.toml'), '/etc/uv/uv.toml'];
  const texts = await readAll(context, named === '' ? places : [named]);
  return texts.map(readUvIndexes).find((indexes) => indexes !== undefined);
}

async function readAll(context: RegistryContext, places: readonly string[]): Promise<readonly string[]> {
  const texts = await Promise.all(
    places.map(async (place) => ((await context.files.stat(place)) === undefined ? undefined : context.files.readText(place))),
  );
  return texts.filter((text) => text !== undefined);
}

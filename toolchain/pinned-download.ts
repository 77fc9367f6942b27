/** Owns fetching one pinned file from the package indexes of this machine, without any Python tool. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { INDEX_ACCEPT, type IndexedFile, parseIndexPage } from '../core/host/index-page';
import { redactUrls } from '../core/redaction';
import type { Registries } from '../core/host/registries';
import { isSlipwayError, SlipwayError } from '../core/slipway-error';
import type { PinnedFile } from './pins';
import { readRegistries } from './machine-registries';
import type { ToolchainContext } from './toolchain-context';

/**
 * Writes `pinned` to `target`, from the first place that holds it: folders and pages of links, then the indexes.
 * What arrives is proved by the pin, so the order of the places does not matter for safety.
 * @throws SlipwayError `tool-not-fetched` where no place has it or none can be reached, `checksum-mismatch`
 */
export async function fetchPinned(context: ToolchainContext, packageName: string, pinned: PinnedFile, target: string): Promise<void> {
  const keptFile = path.join(downloadsDirectory(context), pinned.sha256);
  if (await isKept(context, keptFile, pinned)) return context.files.copy(keptFile, target);
  await fetchFrom(context, packageName, pinned, target);
  if ((await context.files.stat(downloadsDirectory(context))) !== undefined)
    await context.files.write(keptFile, await context.files.readBytes(target));
}

/**
 * Where downloads are kept by their SHA-256 from one machine to the next, if whoever runs the build made the folder: a build machine does,
 * and its cache is shared. So nothing in it is believed.
 */
function downloadsDirectory(context: ToolchainContext): string {
  return path.join(context.homeDirectory, 'cache', 'downloads');
}

async function isKept(context: ToolchainContext, file: string, { sha256 }: PinnedFile): Promise<boolean> {
  if ((await context.files.stat(file))?.kind !== 'file') return false;
  return (
    createHash('sha256')
      .update(await context.files.readBytes(file))
      .digest('hex') === sha256
  );
}

async function fetchFrom(context: ToolchainContext, packageName: string, pinned: PinnedFile, target: string): Promise<void> {
  const registries = await readRegistries(context);
  const refusals: SlipwayError[] = [];
  for (const find of places(context, registries, packageName)) {
    try {
      const found = (await find()).find((file) => file.filename === pinned.file);
      if (found === undefined) continue;
      await context.downloads.file({ url: found.url }, target, { sha256: pinned.sha256 });
      return;
    } catch (thrown) {
      if (!isSlipwayError(thrown) || !PLACE_FAILURES.has(thrown.code)) throw thrown;
      if (thrown.code !== 'download-not-found') refusals.push(thrown);
    }
  }
  throw notFetched(pinned, registries, refusals);
}

/** One place that fails in these ways does not end the search. */
const PLACE_FAILURES: ReadonlySet<string> = new Set(['download-failed', 'download-not-found', 'download-denied', 'file-not-found']);

type Find = () => Promise<readonly IndexedFile[]>;

function places(context: ToolchainContext, registries: Registries, packageName: string): readonly Find[] {
  const page =
    (url: string, accept: string): Find =>
    async () => {
      const { body, contentType, finalUrl } = await context.downloads.text({ url, headers: { accept } });
      return parseIndexPage(body, contentType, finalUrl).map((file) => ({ ...file, url: withCredentials(file.url, url) }));
    };
  const links = registries.findLinks.map((entry) => (/^https?:/i.test(entry) ? page(entry, 'text/html') : folder(context, entry)));
  if (registries.isIndexOff) return links;
  const indexes = [...registries.extraIndexes, registries.defaultIndex].map((index) =>
    page(`${index.replace(/\/+$/, '')}/${packageName}/`, INDEX_ACCEPT),
  );
  return [...links, ...indexes];
}

function folder(context: ToolchainContext, directory: string): Find {
  return async () =>
    (await context.files.list(directory)).map(({ name }) => ({ filename: name, url: pathToFileURL(path.join(directory, name)).href }));
}

/** An index that asks for credentials asks for them for its files too, where they are on the same host. */
function withCredentials(fileUrl: string, pageUrl: string): string {
  if (!URL.canParse(pageUrl) || !URL.canParse(fileUrl)) return fileUrl;
  const file = new URL(fileUrl);
  const page = new URL(pageUrl);
  if (file.origin !== page.origin || file.username !== '' || page.username === '') return fileUrl;
  file.username = page.username;
  file.password = page.password;
  return file.href;
}

function notFetched(pinned: PinnedFile, registries: Registries, refusals: readonly SlipwayError[]): SlipwayError {
  const asked = redactUrls(
    registries.isIndexOff ? registries.findLinks.join(', ') : [...registries.extraIndexes, registries.defaultIndex].join(', '),
  );
  const [refusal] = refusals;
  const reason = refusal === undefined ? `'${asked}' does not hold it` : refusal.message;
  const isDenied = refusal?.code === 'download-denied';
  return new SlipwayError('tool-not-fetched', `cannot get '${pinned.file}': ${reason}`, {
    hint: isDenied
      ? (refusal.hint ?? 'check the credentials of the index')
      : refusal === undefined
        ? `mirror the file into the index, or name another one: pip config set global.index-url URL`
        : 'check the network and HTTPS_PROXY, or name an index that can be reached: pip config set global.index-url URL',
    details: { file: pinned.file, places: asked },
    ...(refusal === undefined ? {} : { cause: refusal }),
  });
}

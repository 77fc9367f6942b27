/**
 * Owns what every kind of link has in common: the terms, the content, the distribution's own copies, and that whatever fails on the
 * way is undone and ends as an error. The link itself belongs to `distribute.ts` and `distribute-directly.ts`.
 */
import type { BuildRecord } from '../../build/build-record';
import { readManifest } from '../../build/read-manifest';
import type { Audience } from '../addresses/audience';
import type { DistributedFile, Distribution } from '../distribution';
import { contentOfBuild, contentOfFile, type ContentFile, type DistributionContent, type PlainFile } from './distribution-content';
import { copyFile, removeCopies, type CopyPorts } from './distribution-copies';
import type { DistributeRequest } from '../distribution-service';
import { readLinkTerms, type LinkTerms, type LinkTermsPorts } from './link-terms';
import { idFromBytes } from '../../identifier';
import type { Clock, Randomness } from '../../ports/clock';
import type { Ledger } from '../../ports/ledger';
import { SlipwayError, toSlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';

export interface HandOutPorts extends LinkTermsPorts, CopyPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** By id, prefix or `latest`: the newest that succeeded. */
  findBuild(reference: string, name: string | undefined): Promise<BuildRecord>;
  /** @throws SlipwayError `file-not-found`, `path-not-distributable` */
  readFile(path: string): Promise<PlainFile>;
  /**
   * Proves that a link to `key` can be bound to these addresses, where the target binds it by a policy of limited size.
   * @throws SlipwayError that says how many ranges fit
   */
  measure?(audience: Audience, key: string): Promise<void>;
}

/** What takes back one thing that was done. */
export type Undo = () => Promise<void>;

export interface Way<Made> {
  readonly link: Distribution['link'];
  /** What is copied. @throws SlipwayError for content that such a link cannot lead to */
  filesOf(content: DistributionContent): readonly ContentFile[];
  /** @param draft with its copies made, and the latest end that was asked for; nothing is recorded yet */
  publish(draft: Distribution, terms: LinkTerms, undo: Undo[]): Promise<Made>;
}

export async function handOut<Made>(ports: HandOutPorts, request: DistributeRequest, way: Way<Made>): Promise<Made> {
  const terms = await readLinkTerms(ports, request);
  if (request.link !== way.link) throw new SlipwayError('internal', `a '${request.link}' link is made in the way of a '${way.link}' one`);
  const content = await contentOf(ports, request);
  const files = way.filesOf(content);
  const createdAtMs = ports.clock.nowMs();
  const distId = idFromBytes(ports.randomness.bytes(10));
  await ports.measure?.(terms.audience, longestKey(distId, files));
  const undo: Undo[] = [];
  try {
    const expiresAtMs = createdAtMs + request.expiresHours * 3_600_000;
    // Before the first copy and undone after the last is gone, so that nothing lies there that no sweep would come to.
    const expiringKey = storageKey.expiringDistribution(expiresAtMs, distId);
    undo.push(async () => {
      await removeCopies(ports.store, distId);
      await ports.ledger.remove(expiringKey);
    });
    await ports.ledger.create(expiringKey, { schemaVersion: 1, name: content.name });
    const copies: DistributedFile[] = [];
    for (const file of files) copies.push(await copyFile(ports, distId, file));
    const draft: Distribution = {
      schemaVersion: 1,
      distId,
      name: content.name,
      ...titleOf(request, content),
      ...(content.version === undefined ? {} : { version: content.version }),
      ...(content.about === undefined ? {} : { about: content.about }),
      ...(content.buildId === undefined ? {} : { buildId: content.buildId }),
      createdAt: new Date(createdAtMs).toISOString(),
      expiresAt: new Date(expiresAtMs).toISOString(),
      allowedRanges: [...terms.allowedRanges],
      ...(request.maxDownloads === undefined ? {} : { maxDownloads: request.maxDownloads }),
      link: way.link,
      files: copies,
    };
    return await way.publish(draft, terms, undo);
  } catch (thrown) {
    throw await undone(thrown, undo);
  }
}

/** The file whose name leaves the least room for ranges. */
function longestKey(distId: string, files: readonly ContentFile[]): string {
  const keys = files.map(({ file }) => storageKey.distributionFile(distId, file));
  return keys.reduce((longest, key) => (key.length > longest.length ? key : longest), '');
}

/** What the build was told, before what whoever hands it out has at hand. */
function titleOf({ title: asked }: DistributeRequest, { about }: DistributionContent): { readonly title?: string } {
  const title = about?.title ?? asked;
  return title === undefined ? {} : { title };
}

async function contentOf(ports: HandOutPorts, request: DistributeRequest): Promise<DistributionContent> {
  if ('path' in request.from) {
    const { path, name, version } = request.from;
    const application = version === undefined ? { name } : { name, version };
    const createdAt = new Date(ports.clock.nowMs()).toISOString();
    return contentOfFile(await ports.readFile(path), application, { createdAt, allowSecrets: request.allowSecrets });
  }
  const record = await ports.findBuild(request.from.build, request.from.name);
  const choice = { allowSecrets: request.allowSecrets, ...(request.platforms === undefined ? {} : { platforms: request.platforms }) };
  return contentOfBuild(record, await readManifest(ports.ledger, record.buildId), choice);
}

/** What could not be undone is named: it takes space, and no link leads to it. */
async function undone(thrown: unknown, undo: readonly Undo[]): Promise<SlipwayError> {
  const error = toSlipwayError(thrown);
  const leftovers: string[] = [];
  for (const step of [...undo].reverse()) {
    try {
      await step();
    } catch (failure) {
      leftovers.push(toSlipwayError(failure).message);
    }
  }
  if (leftovers.length === 0) return error;
  return new SlipwayError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { ...error.details, leftovers },
    cause: error,
  });
}

/**
 * Hands out a build or a file: its own copies, a record, a link, and the pointer to the newest.
 * Whatever fails on the way is undone and ends as an error; the pointer moves last, so the previous link stays the latest.
 */
import type { Readable } from 'node:stream';
import { assertRangesAccepted, type RangeRule } from './reserved-range';
import { formatRange, mergeRanges, parseAddressRanges, rangeWarnings } from './address-range';
import type { BuildRecord } from '../build/build-record';
import {
  contentOfBuild,
  contentOfFile,
  withCompanions,
  type ContentFile,
  type DistributionContent,
  type PlainFile,
} from './distribution-content';
import { EXPIRES_HOURS, MOST_DOWNLOADS, type DistributedFile, type Distribution } from './distribution';
import type { DistributeRequest } from './distribution-service';
import { idFromBytes } from '../identifier';
import { moveDistributionPointer } from './distribution-pointer';
import { createToken } from './link-token';
import { readManifest } from '../build/read-manifest';
import type { ArtifactStore, StoredFile } from '../ports/artifact-store';
import type { Clock, Randomness } from '../ports/clock';
import type { Ledger } from '../ports/ledger';
import type { LinkTokens } from '../ports/link-tokens';
import { SlipwayError, toSlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

export interface DistributePorts {
  readonly ledger: Ledger;
  readonly store: ArtifactStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly tokens: LinkTokens;
  /** By id, prefix or `latest`: the newest that succeeded. */
  findBuild(reference: string, name: string | undefined): Promise<BuildRecord>;
  /** @throws SlipwayError `file-not-found`, `path-not-distributable` */
  readFile(path: string): Promise<PlainFile>;
  streamOf(bytes: Uint8Array): Readable;
  /** What `me` stands for. */
  ownAddresses(): Promise<readonly string[]>;
  /**
   * Proves that a link to `key` can be bound to these ranges, where the target binds it by a policy of limited size.
   * @throws SlipwayError that says how many ranges fit
   */
  measure?(allowedRanges: readonly string[], key: string): Promise<void>;
  readonly rangeRule: RangeRule;
  readonly linkKinds: readonly DistributeRequest['link'][];
}

export interface MadeLink {
  readonly distribution: Distribution;
  readonly token: string;
  readonly warnings: readonly string[];
}

interface LinkTerms {
  readonly allowedRanges: readonly string[];
  readonly warnings: readonly string[];
}

export async function distribute(ports: DistributePorts, request: DistributeRequest): Promise<MadeLink> {
  const terms = await readTerms(ports, request);
  const content = await contentOf(ports, request);
  const createdAtMs = ports.clock.nowMs();
  const distId = idFromBytes(ports.randomness.bytes(10));
  const token = createToken(ports.randomness);
  await ports.measure?.(terms.allowedRanges, longestKey(distId, content));
  const undo: (() => Promise<void>)[] = [];
  try {
    const expiresAtMs = createdAtMs + request.expiresHours * 3_600_000;
    // Before the first copy and undone after the last, so that nothing lies there that no sweep would come to.
    const expiringKey = storageKey.expiringDistribution(expiresAtMs, distId);
    undo.push(() => ports.ledger.remove(expiringKey));
    undo.push(() => removeCopies(ports.store, distId));
    await ports.ledger.create(expiringKey, { schemaVersion: 1, name: content.name });
    const files: DistributedFile[] = [];
    for (const file of withCompanions(content)) files.push(await copyFile(ports, distId, file));
    const distribution: Distribution = {
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
      link: request.link,
      files,
    };
    const warnings = await publish(ports, distribution, token, undo);
    return { distribution, token, warnings: [...terms.warnings, ...warnings] };
  } catch (thrown) {
    throw await undone(thrown, undo);
  }
}

/** The file whose name leaves the least room for ranges. */
function longestKey(distId: string, content: DistributionContent): string {
  const keys = withCompanions(content).map(({ file }) => storageKey.distributionFile(distId, file));
  return keys.reduce((longest, key) => (key.length > longest.length ? key : longest), '');
}

/** Deletes every copy of a distribution. Used to undo one, and to end one. */
export async function removeCopies(store: ArtifactStore, distId: string): Promise<void> {
  for (const file of await store.list(storageKey.distributionPrefix(distId))) await store.remove(file.key);
}

async function readTerms(ports: DistributePorts, request: DistributeRequest): Promise<LinkTerms> {
  const { expiresHours, maxDownloads } = request;
  if (!ports.linkKinds.includes(request.link)) {
    throw new SlipwayError('link-kind-unavailable', `this target makes no '${request.link}' links`, {
      hint: `use --link ${ports.linkKinds.join(' or --link ')}: it holds up to ${EXPIRES_HOURS.most} hours and can be revoked`,
    });
  }
  if (!Number.isInteger(expiresHours) || expiresHours < EXPIRES_HOURS.least || expiresHours > EXPIRES_HOURS.most) {
    throw new SlipwayError('expiry-out-of-range', `a link cannot hold '${expiresHours}' hours`, {
      hint: `use --expires-hours with whole hours from ${EXPIRES_HOURS.least} to ${EXPIRES_HOURS.most}`,
    });
  }
  if (maxDownloads !== undefined && (!Number.isInteger(maxDownloads) || maxDownloads < 1 || maxDownloads > MOST_DOWNLOADS)) {
    throw new SlipwayError('max-downloads-out-of-range', `a link cannot permit '${maxDownloads}' downloads`, {
      hint: `use --max-downloads with a number from 1 to ${MOST_DOWNLOADS}, or leave it out`,
    });
  }
  const typed = request.allowedIps.map((text) => text.trim()).filter((text) => text !== '');
  const texts = typed.includes('me') ? [...typed.filter((text) => text !== 'me'), ...(await ports.ownAddresses())] : typed;
  const ranges = parseAddressRanges(texts);
  assertRangesAccepted(ranges, ports.rangeRule);
  const merged = mergeRanges(ranges);
  return { allowedRanges: merged.map(formatRange), warnings: rangeWarnings(merged) };
}

async function contentOf(ports: DistributePorts, request: DistributeRequest): Promise<DistributionContent> {
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

/** @throws SlipwayError `checksum-mismatch` when what is stored is not what the build recorded */
async function copyFile(ports: DistributePorts, distId: string, content: ContentFile): Promise<DistributedFile> {
  const stored = await storeCopy(ports, storageKey.distributionFile(distId, content.file), content);
  if (stored.sizeBytes !== content.sizeBytes) {
    throw new SlipwayError(
      'checksum-mismatch',
      `'${content.file}' has ${stored.sizeBytes} bytes where ${content.sizeBytes} were recorded`,
      {
        hint: 'run slipway start-build --no-cache to build it again',
      },
    );
  }
  const { file, kind, sizeBytes, sha256, platform, package: packaged } = content;
  return {
    file,
    kind,
    ...(platform === undefined ? {} : { platform }),
    sizeBytes,
    sha256,
    versionId: stored.versionId,
    ...(packaged === undefined ? {} : { package: packaged }),
  };
}

/** What the build was told, before what whoever hands it out has at hand. */
function titleOf({ title: asked }: DistributeRequest, { about }: DistributionContent): { readonly title?: string } {
  const title = about?.title ?? asked;
  return title === undefined ? {} : { title };
}

function storeCopy(ports: DistributePorts, key: string, { from, sha256 }: ContentFile): Promise<StoredFile> {
  if ('key' in from) return ports.store.copy(from, key);
  return ports.store.put(key, () => ('open' in from ? from.open() : ports.streamOf(from.bytes)), { sha256 });
}

/** Record, link and token first: a link that the pointer names works from the first moment. */
async function publish(
  ports: DistributePorts,
  distribution: Distribution,
  token: string,
  undo: (() => Promise<void>)[],
): Promise<readonly string[]> {
  const { ledger, tokens } = ports;
  const { name, distId, createdAt } = distribution;
  undo.push(() => ledger.remove(storageKey.distributionRecord(distId)));
  await ledger.create(storageKey.distributionRecord(distId), distribution);
  undo.push(() => ledger.remove(storageKey.link(token)));
  await ledger.create(storageKey.link(token), { schemaVersion: 1, distId });
  undo.push(() => tokens.forget(name, distId));
  await tokens.write(name, distId, token);
  const { isMoved, replacedDistId } = await moveDistributionPointer(ledger, name, { distId, createdAt });
  undo.length = 0;
  try {
    // Each forgets only the one that it replaced: whoever came in between keeps its own.
    const superseded = isMoved ? replacedDistId : distId;
    if (superseded !== undefined) await tokens.forget(name, superseded);
  } catch (thrown) {
    return [`the link holds, but the token of another one could not be removed: ${toSlipwayError(thrown).message}`];
  }
  return isMoved ? [] : [`a newer link of '${name}' exists; --get-latest shows that one`];
}

/** What could not be undone is named: it takes space, and no link leads to it. */
async function undone(thrown: unknown, undo: readonly (() => Promise<void>)[]): Promise<SlipwayError> {
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

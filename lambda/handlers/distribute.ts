/** Hands out a build, or a file that the caller brings: by a link to the gate, or by one that is signed here and leads past it. */
import { Readable } from 'node:stream';
import { DistributeCallSchema, type DistributeAnswer, type DistributeCall } from '../../core/api/distribution-calls';
import { resolveBuild } from '../../core/build/resolve-build';
import { readBuild } from '../../core/build/stored-build';
import { findUpload, uploadOf } from '../../core/build/start/uploaded-file';
import { distribute, type DistributePorts } from '../../core/distribution/hand-out/distribute';
import { distributeDirectly, type DistributeDirectlyPorts } from '../../core/distribution/hand-out/distribute-directly';
import type { PlainFile } from '../../core/distribution/hand-out/distribution-content';
import type { Distribution } from '../../core/distribution/distribution';
import type { DistributeRequest } from '../../core/distribution/distribution-service';
import { readLinkTerms } from '../../core/distribution/hand-out/link-terms';
import { gateBaseUrl, linkUrl } from '../../core/distribution/link-url';
import type { ArtifactStore, StoredFile } from '../../core/ports/artifact-store';
import type { Randomness } from '../../core/ports/clock';
import type { Ledger } from '../../core/ports/ledger';
import type { LinkTokens } from '../../core/ports/link-tokens';
import type { Transfers } from '../../core/ports/transfers';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';
import { handleCalls, type CallHandler, type HandlePorts } from '../handle';

export interface DistributeHandlerPorts extends HandlePorts {
  readonly ledger: Ledger;
  readonly store: ArtifactStore;
  readonly randomness: Randomness;
  readonly tokens: LinkTokens;
  readonly transfers: Transfers;
  /** Empty: the deployment has no gate. */
  readonly gateUrl: string;
  /** Whether links are reached by IPv6 as well. Default: by IPv4 alone. */
  readonly isDualStack?: boolean;
  /** See `HandOutPorts.measure`. */
  readonly measure: NonNullable<DistributeDirectlyPorts['measure']>;
  /** See `DistributeDirectlyPorts.sign`. */
  readonly sign: DistributeDirectlyPorts['sign'];
}

export function createHandler(ports: DistributeHandlerPorts): CallHandler {
  return handleCalls('distribute', DistributeCallSchema, ports, async (call, note): Promise<DistributeAnswer> => {
    const linkOf = call.link === 'gate' ? gateLinks(requireGate(ports.gateUrl)) : directLink;
    const request = requestOf(call);
    // Before anything is sent here, and again by the use-case.
    await readLinkTerms(distributePorts(ports, undefined), request);
    let brought: PlainFile | undefined;
    if ('file' in call.from) {
      const { name, sizeBytes, sha256 } = call.from.file;
      const announced = { key: storageKey.upload(sha256), sizeBytes, sha256 };
      const stored = await findUpload({ artifacts: ports.store }, announced);
      if (stored === undefined) return { state: 'upload-needed', upload: await uploadOf(ports, announced) };
      brought = plainFileOf({ file: name, sizeBytes, sha256 }, stored);
    }
    const { distribution, url, warnings } = await linkOf(distributePorts(ports, brought), request);
    note(factsOf(distribution));
    return { state: 'made', view: { distribution, state: 'live', grantCount: 0, url, warnings: [...warnings] } };
  });
}

type Link = (
  ports: DistributePorts & DistributeDirectlyPorts,
  request: DistributeRequest,
) => Promise<{ readonly distribution: Distribution; readonly url: string; readonly warnings: readonly string[] }>;

function gateLinks(baseUrl: string): Link {
  return async (ports, request) => {
    const { token, ...made } = await distribute(ports, request);
    return { ...made, url: linkUrl(baseUrl, token) };
  };
}

const directLink: Link = (ports, request) => distributeDirectly(ports, request);

/** What the log keeps of a link: who may use it until when, and who signed what no gate will see. Never the link. */
function factsOf({ distId, name, link, expiresAt, allowedRanges, signedBy }: Distribution) {
  return { distId, name, link, expiresAt, allowedRanges, ...(signedBy === undefined ? {} : { signedBy }) };
}

/** @throws SlipwayError `gate-not-deployed` that says what is left */
function requireGate(gateUrl: string): string {
  if (gateUrl !== '') return gateBaseUrl(gateUrl);
  throw new SlipwayError('gate-not-deployed', 'this deployment has no gate, so that no link would lead anywhere', {
    hint: 'use --link direct for one that holds an hour, or set gate to public in the settings and run slipway deploy; slipway download fetches the files',
  });
}

/** Its name and content were judged where it came from: the command line has the file at hand. Never opened here: the store copies it. */
function plainFileOf(announced: Pick<PlainFile, 'file' | 'sizeBytes' | 'sha256'>, { key, versionId }: StoredFile): PlainFile {
  return { ...announced, secretsFound: [], stored: { key, versionId }, open: () => Readable.from([]) };
}

function distributePorts(ports: DistributeHandlerPorts, brought: PlainFile | undefined): DistributePorts & DistributeDirectlyPorts {
  const { ledger, store, clock, randomness, tokens } = ports;
  return {
    ledger,
    store,
    clock,
    randomness,
    tokens,
    async findBuild(reference, name) {
      const buildId = await resolveBuild({ ledger }, reference, { latest: 'succeeded', ...(name === undefined ? {} : { name }) });
      return readBuild({ ledger }, buildId);
    },
    readFile(path) {
      return brought === undefined
        ? Promise.reject(new SlipwayError('file-not-found', `'${path}' was not brought along`, { hint: 'run slipway distribute --path' }))
        : Promise.resolve(brought);
    },
    streamOf: (bytes) => Readable.from([bytes]),
    // Replaced before the call: here nobody knows whose addresses are meant, and none would mean everybody's.
    ownAddresses: () =>
      Promise.reject(new SlipwayError('address-range-invalid', "'me' is no address range for a deployment", { hint: 'update slipway' })),
    measure: (audience, key) => ports.measure(audience, key),
    sign: (link) => ports.sign(link),
    rangeRule: 'public',
    addressFamilies: ports.isDualStack === true ? [4, 6] : [4],
    linkKinds: ['gate', 'direct'],
  };
}

function requestOf({ from, title, platforms, maxDownloads, ...terms }: DistributeCall): DistributeRequest {
  return {
    ...terms,
    from: 'file' in from ? fileOf(from) : { build: from.build, ...(from.name === undefined ? {} : { name: from.name }) },
    ...(title === undefined ? {} : { title }),
    ...(platforms === undefined ? {} : { platforms }),
    ...(maxDownloads === undefined ? {} : { maxDownloads }),
  };
}

function fileOf({ file, name, version }: Extract<DistributeCall['from'], { file: unknown }>): DistributeRequest['from'] {
  return { path: file.name, name, ...(version === undefined ? {} : { version }) };
}

/**
 * Hands out one file by a link that leads past the gate, straight to the storage: signed once, under the terms that were asked for,
 * and shown once. There is no token, and nobody counts. The link is dead when its copy is deleted, or when who signed it is.
 */
import type { Audience } from '../addresses/audience';
import type { Distribution } from '../distribution';
import type { ContentFile, DistributionContent } from './distribution-content';
import { moveDistributionPointer } from '../distribution-pointer';
import type { DistributeRequest } from '../distribution-service';
import { handOut, type HandOutPorts, type Undo } from './hand-out';
import { SlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';

export interface DistributeDirectlyPorts extends HandOutPorts {
  /** A link to one version of one file that works for these addresses alone. */
  sign(request: {
    readonly key: string;
    readonly versionId: string;
    /** The name that the download gets. */
    readonly file: string;
    readonly audience: Audience;
    /** At most; what `expiresAt` says is what holds. */
    readonly expiresInSeconds: number;
  }): Promise<SignedLink>;
}

export interface SignedLink {
  readonly url: string;
  /** The earliest of what was asked, the end of the signature, and the end of the credentials behind it. */
  readonly expiresAt: string;
  /** Role and session, as access logs name who fetched. */
  readonly signedBy: string;
}

export interface MadeDirectLink {
  readonly distribution: Distribution;
  /** A secret, kept nowhere. */
  readonly url: string;
  readonly warnings: readonly string[];
}

const SHOWN_ONCE = 'this link is shown once: it is kept nowhere, and --get-latest does not show it again';

/** @throws SlipwayError `direct-link-one-file` for content of more than one file, and what `handOut` refuses */
export function distributeDirectly(ports: DistributeDirectlyPorts, request: DistributeRequest): Promise<MadeDirectLink> {
  return handOut(ports, request, {
    link: 'direct',
    filesOf: (content) => [onlyFile(content)],
    async publish(draft, terms, undo) {
      const { url, expiresAt, signedBy } = await sign(ports, draft, terms.audience);
      const distribution: Distribution = { ...draft, expiresAt, signedBy };
      await publish(ports, distribution, undo);
      return { distribution, url, warnings: [...terms.warnings, SHOWN_ONCE] };
    },
  });
}

/** Nobody who follows such a link could choose, and one link for each file would be several to end. */
function onlyFile({ files, buildId = '' }: DistributionContent): ContentFile {
  const [file, ...others] = files;
  if (file !== undefined && others.length === 0) return file;
  const platforms = [...new Set(files.flatMap(({ platform }) => platform ?? []))];
  const choices = platforms.length > 1 ? `choose one with --platform ${platforms.join(' or --platform ')}, or ` : '';
  throw new SlipwayError('direct-link-one-file', `a direct link leads to one file, and build '${buildId}' has ${files.length}`, {
    hint: `${choices}use --link gate, whose page leads to all of them`,
    details: { files: files.map((each) => each.file), platforms, otherLink: 'gate' },
  });
}

/** Not before the copy is there: its version is part of what is signed. What copying took is no time of the link. */
async function sign(ports: DistributeDirectlyPorts, draft: Distribution, audience: Audience): Promise<SignedLink> {
  const endsAtMs = Date.parse(draft.expiresAt);
  const [copy] = draft.files;
  const expiresInSeconds = Math.floor((endsAtMs - ports.clock.nowMs()) / 1000);
  if (copy === undefined || expiresInSeconds < 1) {
    throw new SlipwayError('service-unavailable', 'copying took as long as a direct link holds', {
      hint: 'use --link gate, or run the command again',
    });
  }
  const { file, versionId } = copy;
  const key = storageKey.distributionFile(draft.distId, file);
  const signed = await ports.sign({ key, versionId, file, audience, expiresInSeconds });
  return { ...signed, expiresAt: new Date(Math.min(Date.parse(signed.expiresAt), endsAtMs)).toISOString() };
}

/** The newest link that can be shown again stays the latest: this one has a pointer of its own, by which its being there is told. */
async function publish({ ledger }: DistributeDirectlyPorts, distribution: Distribution, undo: Undo[]): Promise<void> {
  const { name, distId, createdAt } = distribution;
  undo.push(() => ledger.remove(storageKey.distributionRecord(distId)));
  await ledger.create(storageKey.distributionRecord(distId), distribution);
  await moveDistributionPointer(ledger, name, { distId, createdAt }, 'direct');
}

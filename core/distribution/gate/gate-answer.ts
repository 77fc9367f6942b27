/**
 * Owns what the gate says: status, headers and body of every answer, as data.
 * Sending it, and fetching a file's bytes or redirecting to them, belongs to the adapter.
 */
import { type ByteRange, type Transfer } from '../byte-range';
import { mainFiles, type DistributedFile, type Distribution } from '../distribution';
import type { Denial } from './gate-decision';
import type { Misrequest } from './gate-request';
import { installCommands } from '../install/install-commands';
import { denialPage } from '../page/denial-page';
import { downloadPage, type PageFacts } from '../page/download-page';
import { PAGE_SECURITY_POLICY } from '../page/page-style';
import { SYSTEM_HINTS } from '../page/system-of-visitor';
import { formatSize } from '../../quantity';
import { storageKey } from '../../storage-key';

export type GateBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly key: string; readonly versionId: string; readonly range: ByteRange };

export interface GateAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: GateBody;
}

export type Refusal = Denial | Misrequest | 'precondition-failed' | 'unsatisfiable' | 'file-missing' | 'failed';

interface RefusalText {
  readonly status: number;
  readonly text: string;
  /** What whoever asked can do now: on the page. A program's output stays three lines. */
  readonly next: string;
  /** Whether the link's own page still says something, seen from the address of one of its files. */
  readonly hasPage?: true;
}

const ASK_FOR_A_NEW_ONE = 'Ask whoever sent it to you for a new one.';
const NO_SUCH_ADDRESS: RefusalText = {
  status: 404,
  text: 'there is nothing at this address',
  next: 'Programs for mail and chat sometimes cut a long link or add to it: copy all of it once more. If it is whole, ask whoever sent it to you.',
};
const WRONG_REQUEST = 'Open the link in a browser, or download it with curl -fLOJ and the whole link.';

/** What the caller is told: enough to go on or to ask the right person, and nothing about the distribution. */
const REFUSALS: Readonly<Record<Refusal, RefusalText>> = {
  unknown: NO_SUCH_ADDRESS,
  'not-found': NO_SUCH_ADDRESS,
  'file-unknown': {
    status: 404,
    text: 'this link has no such file',
    next: 'The page of the link names the files that it has.',
    hasPage: true,
  },
  revoked: { status: 410, text: 'this link was revoked', next: `Whoever sent it took it back. ${ASK_FOR_A_NEW_ONE}` },
  expired: { status: 410, text: 'this link has expired', next: ASK_FOR_A_NEW_ONE },
  exhausted: {
    status: 410,
    text: 'every download that this link permits was made',
    next: `${ASK_FOR_A_NEW_ONE} The checksums are still there for whoever has the files.`,
    hasPage: true,
  },
  'address-not-allowed': {
    status: 403,
    text: 'this link does not answer to your address',
    next: 'It works from certain networks only. If one of them is a company network or a VPN, connect to it and try again; otherwise send what stands below to whoever sent you the link.',
  },
  'method-not-allowed': { status: 405, text: 'only GET and HEAD are answered', next: WRONG_REQUEST },
  'target-too-long': { status: 414, text: 'the address is too long', next: WRONG_REQUEST },
  'host-unclear': {
    status: 400,
    text: 'the request does not say at which address it reached this gate',
    next: 'An install script has to name that address: use the link as it was sent to you.',
  },
  'precondition-failed': {
    status: 412,
    text: 'the file is not the one that was asked for',
    next: 'Delete the part that you have, and download the file from its beginning.',
  },
  unsatisfiable: {
    status: 416,
    text: 'the file has no such range',
    next: 'You may have all of it already: compare its checksum, or download it from its beginning.',
  },
  'file-missing': { status: 503, text: 'the file cannot be read at the moment', next: 'Try again in half a minute.', hasPage: true },
  failed: { status: 500, text: 'the gate could not answer', next: 'Try again in a minute.' },
};

/** On every answer: a link is a secret, so nothing may keep it, pass it on or guess at its content. */
const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'private, no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
  'cross-origin-resource-policy': 'same-origin',
};

const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': PAGE_SECURITY_POLICY,
  'x-frame-options': 'DENY',
  // Whoever opened the page from theirs keeps no hold of its window.
  'cross-origin-opener-policy': 'same-origin',
};

const CONTENT_TYPES: readonly (readonly [suffix: string, type: string])[] = [
  ['.tar.gz', 'application/gzip'],
  ['.tgz', 'application/gzip'],
  ['.zip', 'application/zip'],
  // https://cyclonedx.org/specification/overview/#media-types, https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
  ['.cdx.json', 'application/vnd.cyclonedx+json'],
  ['.provenance.json', 'application/vnd.in-toto+json'],
  ['.json', 'application/json'],
  ['.sha256', 'text/plain; charset=utf-8'],
  ['SHA256SUMS', 'text/plain; charset=utf-8'],
  ['.sh', 'text/plain; charset=utf-8'],
  ['.ps1', 'text/plain; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
];

export function etagOf(file: Pick<DistributedFile, 'sha256'>): string {
  return `"${file.sha256}"`;
}

export function pageAnswer(facts: PageFacts, isHead: boolean): GateAnswer {
  const answer = answerWithText(200, downloadPage(facts), isHead, PAGE_HEADERS);
  return { ...answer, headers: { ...answer.headers, ...SYSTEM_HINTS } };
}

/**
 * For programs, where there are several files to choose from: `<sha256>  <size>  <address>` a line, then what installs one of them.
 * @param linkUrl the whole address of the link, where it is known
 */
export function listAnswer(distribution: Distribution, linkPrefix: string, linkUrl: string | undefined, isHead: boolean): GateAnswer {
  const lines = mainFiles(distribution).map((file) => `${file.sha256}  ${formatSize(file.sizeBytes)}  ${linkPrefix}${file.file}`);
  const commands = linkUrl === undefined ? [] : new Set(installCommands(distribution, linkUrl).map(({ command }) => command));
  const text = [
    'this link has several files; add one of these names to its address',
    ...lines,
    ...[...commands].map((line) => `to install: ${line}`),
  ];
  return textAnswer(300, `${text.join('\n')}\n`, isHead);
}

/** @param transfer what `planTransfer` made of the request's headers */
export function fileAnswer(distId: string, file: DistributedFile, transfer: Transfer, method: 'GET' | 'HEAD'): GateAnswer {
  const headers = { ...COMMON_HEADERS, etag: etagOf(file), 'accept-ranges': 'bytes' };
  if (transfer.kind === 'not-modified') return { status: 304, headers, body: { kind: 'none' } };
  const isRange = transfer.kind === 'range' && method === 'GET';
  const range = isRange ? transfer.range : { start: 0, endExclusive: file.sizeBytes };
  const body: GateBody = { kind: 'file', key: storageKey.distributionFile(distId, file.file), versionId: file.versionId, range };
  return {
    status: isRange ? 206 : 200,
    headers: {
      ...headers,
      'content-type': CONTENT_TYPES.find(([suffix]) => file.file.endsWith(suffix))?.[1] ?? 'application/octet-stream',
      'content-length': String(range.endExclusive - range.start),
      'content-disposition': `attachment; filename="${file.file}"`,
      ...(isRange ? { 'content-range': `bytes ${range.start}-${range.endExclusive - 1}/${file.sizeBytes}` } : {}),
    },
    body: method === 'HEAD' ? { kind: 'none' } : body,
  };
}

/** What a refused caller is told beside the reason. */
export interface RefusalFacts {
  readonly callerAddress: string | undefined;
  /** What to quote to whoever sent the link; the log has it too. */
  readonly reference: string;
  readonly wantsPage: boolean;
  readonly isHead: boolean;
  /** The whole size, for a range that does not exist. */
  readonly sizeBytes?: number;
  /** What is the matter with this very request, instead of the general text. */
  readonly text?: string;
}

export function refusalAnswer(refusal: Refusal, facts: RefusalFacts): GateAnswer {
  const { status, next, hasPage, text: usualText } = REFUSALS[refusal];
  const { callerAddress = 'unknown', reference, text = usualText } = facts;
  const lines = [text, `your address: ${callerAddress}`, `reference: ${reference}`];
  const page = () => denialPage({ text, next, callerAddress, reference, ...(hasPage === undefined ? {} : { pageHref: './' }) });
  const answer = facts.wantsPage
    ? answerWithText(status, page(), facts.isHead, PAGE_HEADERS)
    : textAnswer(status, `${lines.join('\n')}\n`, facts.isHead);
  return { ...answer, headers: { ...answer.headers, ...extraHeaders(refusal, facts) } };
}

function extraHeaders(refusal: Refusal, facts: RefusalFacts): Readonly<Record<string, string>> {
  switch (refusal) {
    case 'method-not-allowed':
      return { allow: 'GET, HEAD' };
    case 'unsatisfiable':
      return { 'content-range': `bytes */${facts.sizeBytes ?? 0}` };
    case 'file-missing':
      return { 'retry-after': '30' };
    default:
      return {};
  }
}

export function textAnswer(status: number, text: string, isHead: boolean): GateAnswer {
  return answerWithText(status, text, isHead, { 'content-type': 'text/plain; charset=utf-8' });
}

function answerWithText(status: number, text: string, isHead: boolean, headers: Readonly<Record<string, string>>): GateAnswer {
  return {
    status,
    headers: { ...COMMON_HEADERS, ...headers, 'content-length': String(Buffer.byteLength(text)) },
    body: isHead ? { kind: 'none' } : { kind: 'text', text },
  };
}

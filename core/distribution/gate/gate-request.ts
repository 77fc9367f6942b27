/**
 * Owns what a request to the gate asks for: read from method, target and headers, whoever carries it (node:http, a Lambda).
 * Nothing here looks anything up.
 */
import type { TransferHeaders } from '../byte-range';
import { isTokenShaped } from '../link-token';
import { linkUrl } from '../link-url';
import { systemOfVisitor, type VisitorSystem } from '../page/system-of-visitor';

/** Longer targets are refused before anything is read: a token and a file name need less than 200. */
const LONGEST_TARGET = 1024;

export interface GateRequest {
  readonly method: string;
  /** Path with query, as on the request line. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly callerAddress: string | undefined;
  /** Where the caller reached the gate, such as `https://gate.example.org`. Absent where that cannot be told. */
  readonly baseUrl?: string;
}

/** What is wrong with a request before any token is looked at. */
export type Misrequest = 'method-not-allowed' | 'target-too-long' | 'not-found' | 'host-unclear';

export type ReadGateRequest =
  | { readonly kind: 'refused'; readonly why: Misrequest }
  | {
      readonly kind: 'link';
      readonly method: 'GET' | 'HEAD';
      readonly token: string;
      /** The whole address of the link; absent where nobody knows by which one the gate was reached. */
      readonly linkUrl?: string;
      /** Absent: the link itself. */
      readonly file?: string;
      /** What goes before a file's name in a link of the page, relative to the address that was asked for. */
      readonly linkPrefix: string;
      readonly wantsPage: boolean;
      /** A chat program or a crawler that only wants to show what the link is. */
      readonly isPreview: boolean;
      /** Whose packages come first on the page. */
      readonly system: VisitorSystem;
      readonly transfer: TransferHeaders;
    };

export function readGateRequest(request: GateRequest): ReadGateRequest {
  if (request.target.length > LONGEST_TARGET) return { kind: 'refused', why: 'target-too-long' };
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD') return { kind: 'refused', why: 'method-not-allowed' };
  const path = pathOf(request.target);
  const [before, root, token, file, ...rest] = path.split('/');
  const isLink = before === '' && root === 'd' && rest.length === 0;
  if (!isLink || token === undefined || !isTokenShaped(token)) return { kind: 'refused', why: 'not-found' };
  return {
    kind: 'link',
    method,
    token,
    ...(request.baseUrl === undefined ? {} : { linkUrl: linkUrl(request.baseUrl, token) }),
    ...(file === undefined || file === '' ? {} : { file }),
    linkPrefix: file === undefined ? `${token}/` : '',
    wantsPage: acceptsHtml(headers.accept),
    isPreview: isPreview(headers),
    system: systemOfVisitor(headers),
    transfer: {
      ...(headers.range === undefined ? {} : { range: headers.range }),
      ...(headers['if-range'] === undefined ? {} : { 'if-range': headers['if-range'] }),
      ...(headers['if-match'] === undefined ? {} : { 'if-match': headers['if-match'] }),
      ...(headers['if-none-match'] === undefined ? {} : { 'if-none-match': headers['if-none-match'] }),
    },
  };
}

/** Browsers name text/html; curl, wget and PowerShell accept anything or say nothing. */
export function acceptsHtml(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((entry) => {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const isRefused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return (type === 'text/html' || type === 'application/xhtml+xml') && !isRefused;
  });
}

/** By what the programs themselves document as their user agent. */
const PREVIEW_AGENTS =
  /slackbot|slack-imgproxy|discordbot|telegrambot|whatsapp|twitterbot|facebookexternalhit|facebot|linkedinbot|skypeuripreview|msteams|mattermost|rocket\.chat|redditbot|mastodon|pinterest|iframely|embedly|viber|line-poker|vkshare|applebot|googlebot|google-pagerenderer|bingbot|bingpreview|duckduckbot|yandexbot|baiduspider|petalbot/i;

/** Whether only what the link is shall be shown. */
export function isPreview(headers: Readonly<Record<string, string | undefined>>): boolean {
  if (PREVIEW_AGENTS.test(headers['user-agent'] ?? '')) return true;
  return [headers.purpose, headers['sec-purpose'], headers['x-moz']].some((purpose) => /prefetch|preview/i.test(purpose ?? ''));
}

/** Without query; a proxy's absolute form loses its origin. Percent signs stay: no name of ours needs one. */
function pathOf(target: string): string {
  const withoutOrigin = target.replace(/^https?:\/\/[^/?#]*/i, '');
  return withoutOrigin.split(/[?#]/, 1)[0] ?? '';
}

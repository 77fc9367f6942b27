/**
 * Owns the hiding of secrets in text: known values wherever they stand, and credentials inside URLs.
 * It works on streams: a secret that is split over two writes is found all the same.
 */

const MASK = '***';

/** Shorter values would turn ordinary words into asterisks; a recipe that names such a secret is warned. */
export const SHORTEST_SECRET = 4;

/** Fewer signs of base64 stand in ordinary words by chance. */
const SHORTEST_BASE64 = 6;

/** How long a word may grow before it is shown although it could be a URL with credentials. */
const LONGEST_URL = 4096;

const URL_CREDENTIALS = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@'"]+@/gi;

/** A presigned address is a right for whoever reads it: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const PRESIGNED_PARTS = /([?&]X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s'"]+/gi;

/** `https://user:password@host/` becomes `https://***@host/`; what makes a presigned address work is masked. */
export function redactUrls(text: string): string {
  return text.replace(URL_CREDENTIALS, `$1${MASK}@`).replace(PRESIGNED_PARTS, `$1${MASK}`);
}

/** The spellings in which a tool may print a secret. */
function spellings(secret: string): readonly string[] {
  const jsonEscaped = JSON.stringify(secret).slice(1, -1);
  const urlEncoded = encodeURIComponent(secret);
  // Other languages escape these too, leave the slash, or write the digits in lower case.
  const fullyEncoded = urlEncoded.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const urlSpellings = [urlEncoded, fullyEncoded].flatMap((text) => [text, text.replaceAll('%2F', '/'), text.replaceAll('%20', '+')]);
  const lowerCase = urlSpellings.map((text) => text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()));
  return [...new Set([secret, jsonEscaped, asciiOnly(jsonEscaped), ...urlSpellings, ...lowerCase, ...base64Spellings(secret)])];
}

/** As JSON writers put it that print ASCII alone. */
function asciiOnly(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Base64 by itself, and inside a longer text such as `user:secret`, where it may begin at each of three places of a group.
 * Only the signs that depend on the secret alone are looked for.
 */
function base64Spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const inside = [0, 1, 2].map((before) => {
    const bits = (before + bytes.length) * 8;
    return Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
  });
  return [bytes.toString('base64'), ...inside.filter((text) => text.length >= SHORTEST_BASE64)].flatMap((text) => [
    text,
    text.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
}

export interface Redactor {
  /** @returns what may be shown by now; a tail that could be the start of a secret is kept back */
  push(text: string): string;
  /** The rest. The redactor can be used again after it. */
  flush(): string;
}

/** Redacts whole texts: {@link createRedactor} for streams. */
export function redact(text: string, secrets: readonly string[]): string {
  const redactor = createRedactor(secrets);
  return redactor.push(text) + redactor.flush();
}

/**
 * @param secrets values, not names; empty and very short ones are left out
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const needles = secrets
    .flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap(spellings)
    .sort((a, b) => b.length - a.length);
  const longest = needles[0]?.length ?? 0;
  let held = '';

  const mask = (text: string) => redactUrls(maskSpans(text, occurrences(text, needles)));

  return {
    push(text) {
      held += text;
      const cut = safeCut(held, needles, longest);
      const shown = mask(held.slice(0, cut));
      held = held.slice(cut);
      return shown;
    },
    flush() {
      const shown = mask(held);
      held = '';
      return shown;
    },
  };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where secrets stand; those that overlap are one span, so that no rest of the second one shows. */
function occurrences(text: string, needles: readonly string[]): readonly Span[] {
  const found: Span[] = [];
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) found.push({ start: at, end: at + needle.length });
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Span[] = [];
  for (const span of found) {
    const last = merged.at(-1);
    if (last !== undefined && span.start < last.end) merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else merged.push(span);
  }
  return merged;
}

function maskSpans(text: string, spans: readonly Span[]): string {
  let masked = '';
  let from = 0;
  for (const span of spans) {
    masked += text.slice(from, span.start) + MASK;
    from = span.end;
  }
  return masked + text.slice(from);
}

/** How many characters from the start can be judged now: what follows may still grow into a secret or a URL. */
function safeCut(text: string, needles: readonly string[], longest: number): number {
  let cut = Math.min(startOfGrowingSecret(text, needles, longest), startOfLastWord(text));
  // A cut inside a span would show its halves: the whole span waits.
  for (const span of [...occurrences(text, needles)].reverse()) if (span.start < cut && span.end > cut) cut = span.start;
  return cut;
}

function startOfGrowingSecret(text: string, needles: readonly string[], longest: number): number {
  for (let start = Math.max(0, text.length - longest + 1); start < text.length; start++) {
    const tail = text.slice(start);
    if (needles.some((needle) => needle.length > tail.length && needle.startsWith(tail))) return start;
  }
  return text.length;
}

/** Credentials in a URL end at white space or a quote; a very long word is not waited for. */
function startOfLastWord(text: string): number {
  let start = text.length;
  while (start > 0 && !/[\s'"]/.test(text.charAt(start - 1))) start -= 1;
  return text.length - start < LONGEST_URL ? start : text.length;
}

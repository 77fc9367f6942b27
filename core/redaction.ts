/**
 * Owns the hiding of secrets in text: known values wherever they stand, and credentials inside URLs.
 * It works on streams: a secret that is split over two writes is found all the same.
 */

const MASK = '***';

/** Shorter values would turn ordinary words into asterisks; a recipe that names such a secret is warned. */
export const SHORTEST_SECRET = 4;

const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi;

/** `https://user:password@host/` becomes `https://***@host/`. */
export function redactUrls(text: string): string {
  return text.replace(URL_CREDENTIALS, `$1${MASK}@`);
}

/** The spellings in which a tool may print a secret. */
function spellings(secret: string): readonly string[] {
  const jsonEscaped = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, encodeURIComponent(secret), jsonEscaped, Buffer.from(secret, 'utf8').toString('base64')])];
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

  const mask = (text: string) => redactUrls(needles.reduce((masked, needle) => masked.replaceAll(needle, MASK), text));

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

/** How many characters from the start can be judged now: what follows may still grow into a secret or a URL. */
function safeCut(text: string, needles: readonly string[], longest: number): number {
  let cut = text.length;
  for (let start = Math.max(0, text.length - longest + 1); start < text.length; start++) {
    const tail = text.slice(start);
    if (needles.some((needle) => needle.length > tail.length && needle.startsWith(tail))) {
      cut = start;
      break;
    }
  }
  const urlStart = text.search(/[a-z][a-z0-9+.-]*:?\/?\/?[^\s'"]*$/i);
  const wordStart = urlStart >= 0 && text.length - urlStart < 4096 ? urlStart : text.length;
  cut = Math.min(cut, wordStart);
  return withinNeedle(text, cut, needles);
}

/** A cut inside a complete secret would let its halves through: move it before that secret. */
function withinNeedle(text: string, cut: number, needles: readonly string[]): number {
  let moved = cut;
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) {
      if (at < moved && at + needle.length > moved) moved = at;
    }
  }
  return moved === cut ? cut : withinNeedle(text, moved, needles);
}

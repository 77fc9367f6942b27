/**
 * Owns what may be shown of text that others wrote: no character that is not seen, none that turns the text around it, no more than fits,
 * and of addresses those alone that lead to the web.
 */

/** Longer titles are no titles. */
const LONGEST_NAME = 120;
const LONGEST_DESCRIPTION = 600;

/** One line. @returns undefined where nothing is left to see */
export function shownName(text: string | undefined): string | undefined {
  return shown(text, LONGEST_NAME);
}

/** @returns undefined where nothing is left to see */
export function shownDescription(text: string | undefined): string | undefined {
  return shown(text, LONGEST_DESCRIPTION);
}

function shown(text: string | undefined, longest: number): string | undefined {
  const visible = (text ?? '')
    .replace(/\s+/gu, ' ')
    // Controls, formats (those that turn the direction are among them), surrogates without their half, private use.
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, (character) => (JOINERS.has(character) ? character : ''))
    .trim();
  const characters = [...visible];
  if (characters.every((character) => JOINERS.has(character))) return undefined;
  return characters.length > longest ? `${characters.slice(0, longest).join('').trimEnd()}…` : visible;
}

/** Zero width joiner and non-joiner: letters of some scripts and the parts of emoji need them, and they move nothing. */
const JOINERS: ReadonlySet<string> = new Set(['\u200C', '\u200D']);

export interface Homepage {
  readonly href: string;
  /** Where it leads: `fieldkit.example`. */
  readonly host: string;
}

/** @returns undefined for what is no address on the web, or one that shows another host than it leads to */
export function homepageOf(text: string | undefined): Homepage | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  if (!isWeb || url.username !== '' || url.password !== '' || url.host === '') return undefined;
  return { href: url.href, host: url.host };
}

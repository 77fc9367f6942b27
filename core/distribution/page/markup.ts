/** Owns how markup is written: a template in which everything that is not markup already is escaped. */

/** Markup that was written here. Only {@link markup} and {@link raw} make it. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = string | number | Markup | undefined | readonly Part[];

/** Strings become text, lists follow each other, undefined is nothing. Attributes stand in double quotes. */
export function markup(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(literals.reduce((text, literal, i) => `${text}${textOf(parts[i - 1])}${literal}`));
}

/** For what this program wrote itself, such as the style. */
export function raw(text: string): Markup {
  return new Markup(text);
}

/** With `between` from one to the next. */
export function joined(parts: readonly Markup[], between: string): Markup {
  return raw(parts.map(({ text }) => text).join(escapeHtml(between)));
}

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return part.map(textOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For text and for attributes in double quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Owns the frame that every page has: head, landmarks, the style. */
import { markup, raw, type Markup } from './markup';
import { PAGE_STYLE } from './page-style';

export interface Document {
  readonly title: string;
  /** What a preview in a chat says below the title. */
  readonly description?: string;
  readonly header: Markup;
  readonly main: Markup;
  readonly footer?: Markup;
  /** Rules of a page that no gate serves, after those of every page: a gate allows its own alone. */
  readonly style?: string;
}

/** The style stands as it is, to the byte: its digest is in the policy. */
export function htmlDocument({ title, description, header, main, footer, style }: Document): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
${description === undefined ? undefined : markup`<meta name="description" content="${description}">`}
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(PAGE_STYLE)}</style>${style === undefined ? undefined : markup`\n<style>${raw(style)}</style>`}
</head>
<body>
<header>
${header}
</header>
<main>
${main}
</main>
${footer === undefined ? undefined : markup`<footer>\n${footer}\n</footer>`}
</body>
</html>
`.text;
}

/**
 * Owns the plots of a comparison as inline SVG: one strip per variant, drawn in percent of whatever width there is, so that marks and
 * letters keep their size from a phone to a wide screen. What a plot shows stands beside it in words.
 */
import { markup, type Markup } from '../../core/distribution/page/markup';

/** A mark of one launch. */
export interface Dot {
  readonly value: number;
  readonly kind: 'cold' | 'warm';
}

export interface DotRow {
  readonly title: string;
  /** What a person reads instead of the strip. */
  readonly summary: string;
  readonly dots: readonly Dot[];
  readonly isChosen: boolean;
}

export interface BarRow {
  readonly title: string;
  readonly value: number;
  readonly text: string;
  readonly isChosen: boolean;
}

const STRIP_HEIGHT = 26;
/** Room for a mark at either end. */
const MARGIN_PERCENT = 2;

/** One dot per launch; the rows share one scale, which begins at zero. */
export function dotPlot(caption: string, rows: readonly DotRow[], format: (value: number) => string): Markup {
  const top = niceMaximum(Math.max(0, ...rows.flatMap(({ dots }) => dots.map(({ value }) => value))));
  return markup`<figure class="plot">
<figcaption>${caption}</figcaption>
${rows.map((row) => strip(row.title, row.summary, row.isChosen, dotMarks(row.dots, top)))}
<svg class="axis" width="100%" height="18" aria-hidden="true">${[0, 0.5, 1].map((share) => tick(share, format(top * share)))}</svg>
<p class="soft legend"><svg width="12" height="12" aria-hidden="true"><circle class="cold" cx="6" cy="6" r="4"></circle></svg> cold
<svg width="12" height="12" aria-hidden="true"><circle class="warm" cx="6" cy="6" r="4"></circle></svg> warm</p>
</figure>
`;
}

/** Bars that begin at zero. */
export function barPlot(caption: string, rows: readonly BarRow[]): Markup {
  const top = Math.max(0, ...rows.map(({ value }) => value));
  const bar = (value: number) =>
    markup`<rect class="bar" x="0" y="5" width="${percent(top === 0 ? 0 : value / top, 0)}" height="${STRIP_HEIGHT - 10}" rx="3"></rect>`;
  return markup`<figure class="plot">
<figcaption>${caption}</figcaption>
${rows.map((row) => strip(row.title, row.text, row.isChosen, bar(row.value)))}
</figure>
`;
}

function strip(title: string, text: string, isChosen: boolean, marks: Markup | readonly Markup[]): Markup {
  return markup`<div class="${isChosen ? 'strip chosen' : 'strip'}"><p class="row"><span>${title}</span> <span>${text}</span></p>
<svg width="100%" height="${STRIP_HEIGHT}" role="img" aria-label="${title}: ${text}"><title>${title}: ${text}</title>
<line class="base" x1="0" y1="${STRIP_HEIGHT / 2}" x2="100%" y2="${STRIP_HEIGHT / 2}"></line>${marks}</svg></div>
`;
}

/** Cold ones below, so that the many warm ones stay visible. */
function dotMarks(dots: readonly Dot[], top: number): readonly Markup[] {
  const ordered = [...dots].sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'cold' ? -1 : 1));
  return ordered.map(
    ({ value, kind }) =>
      markup`<circle class="${kind}" cx="${percent(top === 0 ? 0 : value / top, MARGIN_PERCENT)}" cy="${STRIP_HEIGHT / 2}" r="5"></circle>`,
  );
}

function tick(share: number, text: string): Markup {
  const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle';
  return markup`<text x="${share * 100}%" y="13" text-anchor="${anchor}">${text}</text>`;
}

function percent(share: number, marginPercent: number): string {
  return `${(marginPercent + share * (100 - 2 * marginPercent)).toFixed(2)}%`;
}

/** The next of 1, 2, 2.5, 5 times a power of ten: what an axis can be halved at. */
export function niceMaximum(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

/** Owns the page that says why a link gives nothing: the reason, what to do next, and what to quote. */
import { htmlDocument } from './html-document';
import { markup } from './markup';

export interface DenialFacts {
  /** `this link has expired` */
  readonly text: string;
  /** What the reader can do, in sentences. */
  readonly next: string;
  /** Where the link's own page is, where it still says something. */
  readonly pageHref?: string;
  readonly callerAddress: string;
  /** What to quote to whoever sent the link; the log has it too. */
  readonly reference: string;
}

export function denialPage({ text, next, pageHref, callerAddress, reference }: DenialFacts): string {
  const title = text.slice(0, 1).toUpperCase() + text.slice(1);
  return htmlDocument({
    title,
    header: markup`<h1>${title}</h1>
<p class="about">${next}</p>
${pageHref === undefined ? undefined : markup`<p><a href="${pageHref}">Go to the page of this link</a></p>`}`,
    main: markup`<section class="card" aria-labelledby="quote">
<h2 id="quote">If you ask about it, send these along</h2>
<dl>
<dt>Your address</dt><dd><code>${callerAddress}</code></dd>
<dt>Reference</dt><dd><code>${reference}</code></dd>
</dl>
</section>`,
  });
}

/**
 * Owns the page that a browser shows for a link. It works without scripts, asks nobody else for anything,
 * and everything that it did not write itself is escaped.
 */
import { htmlDocument } from './html-document';
import { joined, markup, type Markup } from './markup';
import { pageModel, type PageFacts, type PageModel } from './page-model';
import { firstSection, otherSection } from './system-section';

export type { PageFacts } from './page-model';

export function downloadPage(facts: PageFacts): string {
  const model = pageModel(facts);
  const title = model.version === undefined ? model.name : `${model.name} ${model.version}`;
  return htmlDocument({
    title: `Download ${title}`,
    ...(model.description === undefined ? {} : { description: model.description }),
    header: headerOf(model),
    main: markup`${notes(model)}${model.first === undefined ? undefined : firstSection(model.first)}${otherSections(model)}`,
    footer: footerOf(model),
  });
}

function headerOf({ name, version, publisher, description, homepage, license, ...terms }: PageModel): Markup {
  const by = [
    publisher === undefined ? [] : markup`by <bdi>${publisher}</bdi>`,
    homepage === undefined ? [] : markup`<a href="${homepage.href}" rel="noreferrer">${homepage.host}</a>`,
    license === undefined ? [] : markup`License <bdi>${license}</bdi>`,
  ].flat();
  return markup`<h1><bdi>${name}</bdi>${version === undefined ? undefined : markup` <span><bdi>${version}</bdi></span>`}</h1>
${by.length === 0 ? undefined : markup`<p class="by">${joined(by, ' · ')}</p>`}
${description === undefined ? undefined : markup`<p class="about"><bdi>${description}</bdi></p>`}
${termsOf(terms)}`;
}

function termsOf({ end, downloads, isBoundToAddresses }: Pick<PageModel, 'end' | 'downloads' | 'isBoundToAddresses'>): Markup {
  return markup`<ul class="terms">
<li>This link holds until <time datetime="${end.instant}">${end.utc}</time> (${end.left})</li>
${downloads === undefined ? undefined : markup`<li>${downloads.left} of ${downloads.permitted} downloads left</li>`}
${isBoundToAddresses ? markup`<li>It answers only to the networks that it was made for</li>` : undefined}
</ul>`;
}

function notes({ downloads, missing }: PageModel): Markup | undefined {
  const isUsedUp = downloads?.left === 0;
  if (!isUsedUp && missing === undefined) return undefined;
  return markup`<div class="note">
${isUsedUp ? markup`<p><b>Every download that this link permits was made.</b> Ask whoever sent it to you for a new one. The checksums stay here for whoever has the files.</p>` : undefined}
${missing === undefined ? undefined : markup`<p>${missing}</p>`}
</div>
`;
}

function otherSections({ first, others }: PageModel): Markup | undefined {
  if (others.length === 0) return undefined;
  return markup`<h2>${first === undefined ? 'Downloads' : 'Other systems'}</h2>
${others.map(otherSection)}`;
}

function footerOf({ documents, companions, publisher }: PageModel): Markup {
  const papers = documents.map(({ file, href, what }) => markup`<a href="${href}">${file}</a> (${what})`);
  const links = companions.map(({ file, href }) => markup`<a href="${href}">${file}</a>`);
  const others = 'whoever sent you this link';
  return markup`${
    papers.length === 0
      ? undefined
      : markup`<p>What is in it, and where it comes from: ${joined(papers, ', ')}.</p>
`
  }${links.length === 0 ? undefined : markup`<p>For all files at once: ${joined(links, ', ')}. A checksum proves that a file arrived whole; who made it, only a digest that reached you in another way can say.</p>`}
<p>Questions go to ${publisher === undefined ? others : markup`<bdi>${publisher}</bdi>, or to ${others}`}. Who has this page’s address has the files: pass it on with care.</p>`;
}

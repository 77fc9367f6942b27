/** Owns how one system's files, facts and steps are written: in full for the visitor's own system, folded for the others. */
import type { InstallCommand } from '../install/install-commands';
import { markup, type Markup } from './markup';
import { SHELL_OF, type Step, type StepPart } from './steps';
import type { FileView, SystemBlock } from './system-block';

/** The one that a visitor came for. */
export function firstSection(block: SystemBlock): Markup {
  return markup`<section class="card" aria-labelledby="first">
${block.os === undefined ? undefined : markup`<p class="eyebrow">For your system</p>`}
<h2 id="first">${block.title}</h2>
${choiceOf(block)}
<div class="files">
${block.files.map((file) => markup`<div>${downloadLink(file)}${factsOf(file)}</div>\n`)}</div>
${terminalPart(block, markup`<h3>Or install it with one line</h3>`)}
<div class="more">
<h3>After the download</h3>
${stepList(block.steps)}
</div>
</section>
`;
}

/** Of another system: the links are at hand, what goes with them is one click away. */
export function otherSection(block: SystemBlock): Markup {
  const id = `for-${block.os ?? 'any'}`;
  const isOneOfMany = block.files.length > 1;
  return markup`<section class="card" aria-labelledby="${id}">
<h3 id="${id}">${block.title}</h3>
${block.files.map((file) => markup`<p class="row">${plainLink(file)}<span class="soft">${file.distinction === undefined ? undefined : `${file.distinction}, `}${file.sizeText}</span></p>\n`)}
<details>
<summary>Checksums, requirements and steps for ${block.title}</summary>
${choiceOf(block)}
${block.files.map((file) => markup`${isOneOfMany ? markup`<p><b>${file.file}</b></p>` : undefined}${factsOf(file)}`)}
${terminalPart(block, markup`<p class="title">Install it with one line</p>`)}
<div class="more">
${stepList(block.steps)}
</div>
</details>
</section>
`;
}

function choiceOf({ choice }: SystemBlock): Markup | undefined {
  return choice === undefined ? undefined : markup`<p class="soft">${choice}</p>`;
}

/** Drawn with the text's own colour; says nothing that the words beside it do not. */
const ARROW = markup`<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14"/></svg>`;

function downloadLink({ file, href, title, sizeText }: FileView): Markup {
  if (href === undefined) return markup`<p class="used"><b>${file}</b>, ${sizeText}: no download is left</p>`;
  return markup`<a class="get" href="${href}">${ARROW}<span><b>${title}</b> <small>${file}, ${sizeText}</small></span></a>`;
}

function plainLink({ file, href }: FileView): Markup {
  return href === undefined ? markup`<b>${file}</b>` : markup`<a href="${href}">Download ${file}</a>`;
}

function factsOf(file: FileView): Markup {
  return markup`<dl>
<dt>Size</dt><dd>${file.sizeText} (${grouped(file.sizeBytes)} bytes)</dd>
<dt>SHA-256</dt><dd><code>${file.sha256}</code></dd>
<dt>Needs</dt><dd>${file.requires?.map((text) => markup`<p>${text}</p>`) ?? 'Not known: Slipway did not build this file'}</dd>
<dt>Signature</dt><dd>${file.signature}</dd>
</dl>
`;
}

/** `12,400,000` */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

function terminalPart({ os, install, fetch }: SystemBlock, title: Markup): Markup | undefined {
  if (install === undefined && fetch === undefined) return undefined;
  return markup`<div class="more">
${install === undefined ? undefined : installPart(install, title)}
${fetch === undefined ? undefined : markup`<details><summary>Download in a terminal</summary>\n${typedLines(os === undefined ? 'Terminal' : SHELL_OF[os], fetch)}</details>`}
</div>
`;
}

function installPart({ shell, command, uninstall }: InstallCommand, title: Markup): Markup {
  const typedInto = shell === 'sh' ? 'Terminal' : 'PowerShell';
  return markup`${title}
${typedLines(typedInto, command)}
<p class="soft">For you alone, without administrator rights; the checksum is compared before anything is installed.</p>
<details><summary>Uninstall</summary>
${typedLines(typedInto, uninstall)}
</details>`;
}

function stepList(steps: readonly Step[]): Markup {
  return markup`<ol class="steps">
${steps.map(({ title, parts }) => markup`<li><p class="title">${title}</p>\n${parts.map(stepPart)}</li>\n`)}</ol>`;
}

function stepPart(part: StepPart): Markup {
  return part.kind === 'text' ? markup`<p>${part.text}</p>\n` : typedLines(part.shell, part.command);
}

function typedLines(shell: string, command: string): Markup {
  return markup`<figure class="type"><figcaption>${shell}</figcaption><pre><code>${command}</code></pre></figure>\n`;
}

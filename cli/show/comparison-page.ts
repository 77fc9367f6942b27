/**
 * Owns `comparison.html`: decision, plots, tables and what went wrong, on one page that asks nobody for anything and runs no scripts.
 * Its look is that of the download page.
 */
import type { ChecklistItem, ComparedBinary, Comparison, PlatformIssue } from '../../core/comparison/comparison';
import { programOf } from '../../core/comparison/comparison';
import { titleOf, type VariantId } from '../../core/comparison/variant';
import { htmlDocument } from '../../core/distribution/page/html-document';
import { markup, type Markup } from '../../core/distribution/page/markup';
import { formatUtc } from '../../core/distribution/time-left';
import { formatDuration, formatSize } from '../../core/quantity';
import { barPlot, dotPlot, type BarRow, type DotRow } from './comparison-plot';
import { cellsOf, COLUMN_TITLES, comparisonRows, launchText, verdictText, type ComparisonRow } from './comparison-text';

const STYLE = `
header,main,footer{max-width:64rem}
:root{--cold:#9a5b00;--warm:#0b6170;--bar:#5c7c86}
@media (prefers-color-scheme:dark){:root{--cold:#f0b45c;--warm:#74d0de;--bar:#7fa3ae}}
.plots{display:grid;gap:0 2rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr))}
.plot{margin:1.25rem 0 0}
.plot figcaption{font-weight:600;margin-bottom:.35rem}
.strip .row{margin:.35rem 0 0;font-size:.9rem}
.strip.chosen .row{font-weight:600}
.plot svg{display:block;overflow:visible}
.legend svg{display:inline-block;vertical-align:-1px}
.legend{font-size:.85rem;margin-top:.2rem}
.base{stroke:var(--line);stroke-width:1}
circle.cold{fill:var(--card);stroke:var(--cold);stroke-width:2}
circle.warm{fill:var(--warm);fill-opacity:.55;stroke:var(--warm);stroke-width:1}
.bar{fill:var(--bar)}
.strip.chosen .bar{fill:var(--warm)}
.axis text{fill:var(--soft);font-size:12px}
.scroll{overflow-x:auto;margin-top:1.25rem}
table{border-collapse:collapse;font-size:.875rem;width:100%}
th,td{text-align:left;padding:.4rem .6rem .4rem 0;border-bottom:1px solid var(--line);white-space:nowrap;font-variant-numeric:tabular-nums}
th{font-weight:600}
thead th{white-space:normal;vertical-align:bottom}
tr.chosen th,tr.chosen td{font-weight:600}
td.why{white-space:normal;min-width:16rem}
.issue{margin-top:1.1rem}
.issue pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--code);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem;font-size:.85rem;margin:.5rem 0 0}
ul.plain{margin:.5rem 0 0;padding-left:1.1rem}
@media (forced-colors:active){circle.cold{stroke:CanvasText;fill:Canvas}circle.warm,.bar,.strip.chosen .bar{fill:CanvasText;stroke:CanvasText;forced-color-adjust:none}}
`;

export function comparisonPage(comparison: Comparison): string {
  const { name, version, platform, comparedAt, host, source, binaries, issues, checklist, warnings } = comparison;
  return htmlDocument({
    title: `Compilers of ${name} ${version}`,
    style: STYLE,
    header: markup`<h1>Compilers of ${name} <span>${version}</span></h1>
<ul class="terms soft"><li>${platform}</li><li>${host.description}</li><li><time datetime="${comparedAt}">${formatUtc(comparedAt)}</time></li></ul>`,
    main: markup`${binaries.map((binary, index) => binarySection(comparison, binary, index))}
${warnings.length === 0 ? undefined : markup`<section class="note" aria-label="What to know">${warnings.map((warning) => markup`<p>${warning}</p>`)}</section>`}
${issues.length === 0 ? undefined : markup`<section class="card" aria-labelledby="issues"><h2 id="issues">Issues</h2>${issues.map(issueBlock)}</section>`}
${checklist.map(({ binary, items }, index) => checklistSection(binary, items, index))}`,
    footer: markup`<p>By <code>slipway compare</code>. Source: sha256 <code>${source.sha256}</code>. The issue log is in comparison.md, every figure in comparison.json.</p>`,
  });
}

function binarySection(comparison: Comparison, binary: ComparedBinary, index: number): Markup {
  const rows = comparisonRows(comparison, binary);
  return markup`<section class="card" aria-labelledby="binary-${index}">
<h2 id="binary-${index}">${binary.name}</h2>
<p class="about"><b>Decision for mode: ${binary.mode}.</b> ${verdictText(binary)}.</p>
${plots(comparison, binary, rows)}
<div class="scroll" role="region" aria-label="Figures of ${binary.name}" tabindex="0">
<table>
<thead><tr><th scope="col">variant</th>${COLUMN_TITLES.map((title) => markup`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${rows.map(tableRow)}</tbody>
</table>
</div>
<p class="soft">${launchText(binary)}. Times are medians, p90 is of warm starts. ${coldMethod(binary)}</p>
</section>
`;
}

function coldMethod({ programs }: ComparedBinary): string {
  const method = programs[0]?.launches.coldMethod;
  return method === undefined ? '' : `Cold: ${method}.`;
}

function tableRow(row: ComparisonRow): Markup {
  const cells =
    row.failure === undefined
      ? cellsOf(row).map((cell) => markup`<td>${cell}</td>`)
      : markup`<td class="why" colspan="${COLUMN_TITLES.length}">${row.failure}</td>`;
  return markup`<tr${row.isChosen ? markup` class="chosen"` : undefined}><th scope="row">${row.title}${row.isChosen ? ' (chosen)' : ''}</th>${cells}</tr>
`;
}

/** A variant that was not built has no mark; the table says why. */
function plots(comparison: Comparison, binary: ComparedBinary, rows: readonly ComparisonRow[]): Markup | undefined {
  if (binary.programs.length === 0) return undefined;
  const isChosen = (variant: VariantId) => rows.some((row) => row.isChosen && row.title === titleOf(variant));
  const bars = (value: (variant: VariantId) => number | undefined, format: (value: number) => string): readonly BarRow[] =>
    comparison.variants.flatMap(({ variant }) => {
      const known = value(variant);
      return known === undefined ? [] : [{ title: titleOf(variant), value: known, text: format(known), isChosen: isChosen(variant) }];
    });
  const variantOf = (id: VariantId) => comparison.variants.find(({ variant }) => variant === id);
  return markup`${dotPlot(
    'Start, each launch one mark',
    binary.programs.map((program) => dotRow(program, isChosen(program.variant))),
    formatDuration,
  )}
<div class="plots">
${barPlot(
  'Archive',
  bars((id) => variantOf(id)?.archiveBytes, formatSize),
)}${barPlot(
    'Unpacked',
    bars((id) => programOf(binary, id)?.folderBytes, formatSize),
  )}${barPlot(
    'Peak memory of the process tree',
    bars((id) => programOf(binary, id)?.peakMemoryBytes, formatSize),
  )}${barPlot(
    'Build time',
    bars(
      (id) => variantOf(id)?.buildSeconds,
      (seconds) => formatDuration(seconds * 1_000),
    ),
  )}</div>
`;
}

function dotRow({ variant, launches }: ComparedBinary['programs'][number], isChosen: boolean): DotRow {
  const { cold, warm, failed, attempted } = launches;
  const summary = [
    ...(cold === undefined ? [] : [`cold ${formatDuration(cold.medianMs)}`]),
    ...(warm === undefined ? [] : [`warm ${formatDuration(warm.medianMs)}`]),
    ...(failed === 0 ? [] : [`${failed} of ${attempted} failed`]),
  ].join(', ');
  const dots = launches.each.flatMap(({ isCold, ms }) =>
    ms === undefined ? [] : [{ value: ms, kind: isCold ? ('cold' as const) : ('warm' as const) }],
  );
  return { title: titleOf(variant), summary, dots, isChosen };
}

function issueBlock({ id, title, severity, symptoms, suspectedCause, mitigation, output }: PlatformIssue): Markup {
  return markup`<div class="issue"><h3>${title}</h3>
<p class="soft">${id}, ${severity}</p>
<p>${symptoms}</p>
${output.length === 0 ? undefined : markup`<pre>${output.join('\n')}</pre>`}
<p><b>Suspected cause:</b> ${suspectedCause}</p>
<p><b>Mitigation:</b> ${mitigation}</p></div>
`;
}

function checklistSection(binary: string, items: readonly ChecklistItem[], index: number): Markup {
  const sections = [...new Set(items.map(({ section }) => section))];
  return markup`<section class="card" aria-labelledby="checklist-${index}"><h2 id="checklist-${index}">What the launches of ${binary} prove</h2>
${sections.map(
  (section) => markup`<h3 class="issue">${section}</h3>
<ul class="plain">${items
    .filter((item) => item.section === section)
    .map(
      ({ text, isProved, evidence }) =>
        markup`<li>${isProved ? 'proved' : 'open'}: ${text.replaceAll('`', '')} <span class="soft">${evidence}</span></li>\n`,
    )}</ul>
`,
)}</section>
`;
}

/** Owns `comparison.md`: the tables, the decisions, the issue log in the form of the packaging spike, and its checklist. */
import type { ChecklistItem, ComparedBinary, Comparison, PlatformIssue } from '../../core/comparison/comparison';
import { platformWords } from '../../core/comparison/platform-issue';
import { titleOf } from '../../core/comparison/variant';
import { formatUtc } from '../../core/distribution/time-left';
import { cellsOf, COLUMN_TITLES, comparisonRows, launchText, verdictText } from './comparison-text';

/** What a comparison cannot know, and must not look as if it did. */
const FOR_A_PERSON = '_(a person fills this in)_';

export function comparisonMarkdown(comparison: Comparison): string {
  const { name, version, platform, comparedAt, host, source, binaries, issues, checklist, warnings } = comparison;
  const commit =
    source.gitCommit === undefined ? '' : `, commit ${source.gitCommit.slice(0, 12)}${source.isDirty === true ? ' with changes' : ''}`;
  return [
    `# Compilers of ${plain(name)} ${plain(version)}`,
    '',
    `By \`slipway compare\` on ${platform}, ${formatUtc(comparedAt)}. Machine: ${plain(host.description)}. Source: sha256 \`${source.sha256}\`${commit}.`,
    ...binaries.flatMap((binary) => ['', ...binarySection(comparison, binary)]),
    ...(warnings.length === 0 ? [] : ['', '## What to know', '', ...warnings.map((warning) => `- ${plain(warning)}`)]),
    '',
    '## Tools',
    '',
    ...comparison.variants.map(
      ({ variant, tools, buildId }) =>
        `- ${titleOf(variant)}${buildId === undefined ? '' : ` (build \`${buildId}\`)`}: ${tools.map((tool) => plain(`${tool.name} ${tool.version}`)).join(', ') || 'none'}`,
    ),
    '',
    '## Issue log',
    '',
    ...(issues.length === 0
      ? ['No variant failed to build, and no launch or check failed.']
      : issues.flatMap((issue) => issueEntry(comparison, issue))),
    ...checklist.flatMap(({ binary, items }) => ['', `## Validation checklist of ${plain(binary)}`, ...checklistLines(items)]),
    '',
  ].join('\n');
}

function binarySection(comparison: Comparison, binary: ComparedBinary): readonly string[] {
  const rows = comparisonRows(comparison, binary);
  const method = binary.programs[0]?.launches.coldMethod;
  return [
    `## ${plain(binary.name)}`,
    '',
    `**Decision for \`mode: ${binary.mode}\`:** ${plain(verdictText(binary))}.`,
    '',
    `${plain(launchText(binary))}${method === undefined ? '' : `; cold: ${plain(method)}`}. Times are medians.`,
    '',
    tableRow(['variant', ...COLUMN_TITLES]),
    tableRow(['---', ...COLUMN_TITLES.map(() => '---')]),
    ...rows.map((row) => tableRow([row.isChosen ? `**${row.title}**` : row.title, ...cellsOf(row)])),
    ...rows.flatMap(({ title, failure }) => (failure === undefined ? [] : ['', `${title} ${plain(failure)}.`])),
  ];
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** The template of section 3 of the packaging spike, every field that a machine can know filled in. */
function issueEntry(comparison: Comparison, issue: PlatformIssue): readonly string[] {
  const { platform, arch } = platformWords(comparison.platform);
  return [
    `### Issue ${issue.id}: ${plain(issue.title)}`,
    `- Date: ${comparison.comparedAt.slice(0, 10)}`,
    `- Reporter: ${plain(comparison.requestedBy)}`,
    `- Platform: ${platform}`,
    `- Arch: ${arch}`,
    `- Python: ${versionOf(comparison, issue, 'python')}`,
    `- Nuitka: ${versionOf(comparison, issue, 'nuitka')}`,
    `- PyInstaller: ${versionOf(comparison, issue, 'pyinstaller')}`,
    `- Tauri: ${FOR_A_PERSON} no host took part in the comparison`,
    `- Severity: ${issue.severity}`,
    '',
    '#### Symptoms',
    plain(issue.symptoms),
    ...fenced(issue.logLines),
    '',
    '#### Reproduction',
    ...issue.reproduction.map((step, index) => `${index + 1}. ${code(step)}`),
    '',
    '#### Expected vs Actual',
    `- Expected: ${plain(issue.expected)}`,
    `- Actual: ${plain(issue.actual)}`,
    '',
    '#### Diagnostics',
    `- Build command: ${code(issue.buildCommand)}`,
    `- Launch command/path: ${code(issue.launchCommand)}`,
    `- Stdout/Stderr excerpt: ${issue.output.length === 0 ? 'none' : 'above'}`,
    `- Exit code: ${issue.exitCode}`,
    '',
    '#### Suspected Cause',
    `${plain(issue.suspectedCause)} (by the signatures of \`slipway\`; ${FOR_A_PERSON} if it is another one)`,
    '',
    '#### Resolution / Mitigation',
    plain(issue.mitigation),
    '',
    '#### Follow-up Actions',
    ...issue.followUps.map((task) => `- [ ] ${FOR_A_PERSON} owner: ${plain(task)}`),
    '',
  ];
}

function versionOf({ variants }: Comparison, { variant }: PlatformIssue, tool: string): string {
  const own = variants.find((candidate) => candidate.variant === variant)?.tools.find(({ name }) => name === tool);
  return own === undefined ? 'not used, or not set up yet' : plain(own.version);
}

function checklistLines(items: readonly ChecklistItem[]): readonly string[] {
  return items.flatMap(({ section, text, isProved, evidence }, index) => [
    ...(items[index - 1]?.section === section ? [] : ['', `### ${section}`]),
    `- [${isProved ? 'x' : ' '}] ${text} ${plain(`(${evidence})`)}`,
  ]);
}

/** What programs printed must not become a heading, a link or markup. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|#]/g, '\\$&');
}

function code(text: string): string {
  const flat = text.replace(/\s+/g, ' ');
  const fence = '`'.repeat(longestRun(flat) + 1);
  return fence === '`' ? `\`${flat}\`` : `${fence} ${flat} ${fence}`;
}

function fenced(lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return ['', `${fence}text`, ...lines.flatMap((line) => line.split(/\r?\n/)), fence];
}

/** Of backticks. */
function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

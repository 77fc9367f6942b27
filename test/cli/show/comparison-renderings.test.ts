import { comparisonMarkdown } from '../../../cli/show/comparison-markdown';
import { comparisonPage } from '../../../cli/show/comparison-page';
import { niceMaximum } from '../../../cli/show/comparison-plot';
import { describeComparison } from '../../../cli/show/comparison-text';
import { VARIANT_IDS } from '../../../core/comparison/variant';
import { COMPILE_FAILURE, fakeComparison } from '../../fakes/comparisons';

const HOSTILE = '<script>alert(1)</script> | `x` [a](javascript:b)\n# heading\n```';
const lines = (text: string) => text.split('\n');

describe('on the terminal', () => {
  test('a row for each variant under one head, the chosen one marked', () => {
    const text = describeComparison(fakeComparison({ variants: { 'nuitka-onefile': { failed: 2 } } }));
    expect(lines(text)[0]).toBe('comparison of kit 1.4.0 on linux-x86_64 (linux-x86_64, debian, 2 processors, glibc 2.36, gcc 12.2.0)');
    expect(text).toMatch(
      /^ {2}\* Nuitka standalone\s+1min 2s\s+9\.0 MB\s+25\.0 MB\s+102ms\s+63ms\s+66ms\s+20\.6 MB\s+0 of 20\s+1 passed$/m,
    );
    expect(text).toMatch(/^ {4}Nuitka onefile\s.*2 of 20/m);
    expect(text).toContain('decision for mode: standalone: Nuitka: 0 of 20 launches of what Nuitka built failed, and at most 2 may');
    expect(text).toContain('kit: 20 launches each, 5 of them cold, from launch to ready');
    const [head = ''] = lines(text).filter((line) => line.includes('cold start'));
    for (const line of lines(text).filter((candidate) => /^ {2}[ *] (Nuitka|PyInstaller)/.test(candidate))) {
      expect(line.slice(0, head.indexOf('cold start')).trimEnd()).toMatch(/MB$/);
    }
  });

  test('a variant that was not built has dashes and its reason', () => {
    const text = describeComparison(fakeComparison({ variants: { 'nuitka-standalone': { failure: COMPILE_FAILURE } } }));
    expect(text).toMatch(/^ {4}Nuitka standalone\s+–\s+–\s+–/m);
    expect(text).toContain(
      "  Nuitka standalone does not build: compiling 'kit' failed with exit code 1 after 12.0s (Nuitka says: cannot find module kit)",
    );
    expect(text).toContain('issue kit-linux-x86_64-20261121-1 [blocker]');
  });

  test('nothing built at all is told without a table of nothing', () => {
    const failure = COMPILE_FAILURE;
    const text = describeComparison(fakeComparison({ variants: Object.fromEntries(VARIANT_IDS.map((id) => [id, { failure }])) }));
    expect(text).toContain('kit: nothing was launched');
    expect(text).toContain('decision for mode: standalone: none: ');
  });
});

describe('as Markdown', () => {
  const markdown = comparisonMarkdown(
    fakeComparison({
      variants: {
        'nuitka-standalone': { failed: 3, fault: 'exited-before-ready', evidence: 'exit code 3' },
        'pyinstaller-onefile': { failure: COMPILE_FAILURE },
      },
    }),
  );

  test('tables have as many cells in each row as in their head', () => {
    const rows = lines(markdown).filter((line) => line.startsWith('| '));
    expect(rows).toHaveLength(6);
    expect(new Set(rows.map((row) => row.split(/(?<!\\)\|/).length))).toEqual(new Set([12]));
  });

  test('an entry of the issue log has every field of the template of the spike, in its order', () => {
    const [, entry = ''] = markdown.split(/^### Issue /m);
    const fields = [...entry.matchAll(/^(?:- ([A-Z][\w/ ]*):|#### (.+)$)/gm)].map((match) => match[1] ?? match[2]);
    expect(fields).toEqual([
      ...['Date', 'Reporter', 'Platform', 'Arch', 'Python', 'Nuitka', 'PyInstaller', 'Tauri', 'Severity'],
      ...['Symptoms', 'Reproduction', 'Expected vs Actual', 'Expected', 'Actual', 'Diagnostics'],
      ...[
        'Build command',
        'Launch command/path',
        'Stdout/Stderr excerpt',
        'Exit code',
        'Suspected Cause',
        'Resolution / Mitigation',
        'Follow-up Actions',
      ],
    ]);
    expect(entry).toMatch(/^- Platform: Linux\n- Arch: x64\n- Python: /m);
  });

  test('what only a person can know is marked, and nothing else is left open', () => {
    const marked = lines(markdown).filter((line) => line.includes('a person fills this in'));
    expect(marked.every((line) => /^- Tauri:|^- \[ \] |by the signatures/.test(line))).toBe(true);
    expect(marked.length).toBeGreaterThan(3);
    expect(markdown).not.toMatch(/undefined|NaN|: $/m);
  });

  test('the checklist is ticked where it was proved', () => {
    expect(markdown).toContain('### A. Tauri configuration');
    expect(markdown).toMatch(/^- \[x\] Host invokes sidecar/m);
    expect(markdown).toMatch(/^- \[ \] `externalBin` path/m);
  });

  test('where all went well the log says so', () => {
    expect(comparisonMarkdown(fakeComparison())).toContain('No variant failed to build, and no launch or check failed.');
  });
});

describe('as a page', () => {
  const page = comparisonPage(fakeComparison({ variants: { 'nuitka-standalone': { failed: 3 } } }));

  test('asks nobody for anything, and runs nothing', () => {
    expect(page).not.toMatch(/<script|https?:|\bsrc=|@import|url\(|<iframe|\bon\w+=/i);
  });

  test('has a mark for each launch that succeeded, all inside the picture', () => {
    const marks = [...page.matchAll(/<circle class="(cold|warm)" cx="([\d.]+)%"/g)].map(([, kind, x]) => ({ kind, x: Number(x) }));
    expect(marks).toHaveLength(3 * 20 + 17);
    expect(marks.filter(({ kind }) => kind === 'cold')).toHaveLength(20);
    expect(marks.every(({ x }) => x >= 2 && x <= 98)).toBe(true);
    expect(new Set(marks.map(({ x }) => x)).size).toBeGreaterThan(20);
  });

  test('has bars in proportion to what they show', () => {
    const widths = [...page.matchAll(/<rect class="bar"[^>]* width="([\d.]+)%"/g)].map(([, width]) => Number(width));
    expect(widths).toHaveLength(16);
    expect(widths.slice(0, 4)).toEqual([9.0, 9.4, 9.8, 10.2].map((size) => Math.round((size / 10.2) * 10_000) / 100));
  });

  test('says everything that it draws in words', () => {
    for (const [, label] of page.matchAll(/<svg [^>]*role="img" aria-label="([^"]+)"/g)) expect(label).toMatch(/: .*\d/);
    expect([...page.matchAll(/<svg [^>]*role="img"/g)]).toHaveLength(4 + 16);
    expect(page).toContain('<th scope="row">PyInstaller onedir (chosen)</th>');
    expect(page).toContain('3 of 20 launches of what Nuitka built failed, and at most 2 may');
  });
});

test('what programs print stays text, wherever it goes', () => {
  const hostile = fakeComparison({
    variants: {
      'nuitka-standalone': { failed: 3, evidence: HOSTILE },
      'nuitka-onefile': { failure: { ...COMPILE_FAILURE, message: HOSTILE, cause: HOSTILE, hint: HOSTILE, logTail: lines(HOSTILE) } },
    },
    facts: { requestedBy: HOSTILE, version: HOSTILE },
  });
  expect(comparisonPage(hostile)).not.toContain('<script>alert');
  const outsideFences = comparisonMarkdown(hostile).replace(/^(`{3,})text\n[^]*?\n\1$/gm, '');
  expect(outsideFences).not.toMatch(/^# heading/m);
  expect(outsideFences.replace(/(`+) [^]*? \1/g, '').replace(/\\./g, '')).not.toMatch(/<script|\[a\]\(/);
});

test.each([
  [0, 1],
  [0.3, 0.5],
  [99, 100],
  [101, 200],
  [210, 250],
  [251, 500],
  [1000, 1000],
])('an axis for %d ends at %d', (value, top) => expect(niceMaximum(value)).toBeCloseTo(top));

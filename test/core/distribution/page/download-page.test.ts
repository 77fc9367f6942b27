import fc from 'fast-check';
import { denialPage } from '../../../../core/distribution/page/denial-page';
import { downloadPage, type PageFacts } from '../../../../core/distribution/page/download-page';
import { joined, markup, raw } from '../../../../core/distribution/page/markup';
import { systemOfVisitor } from '../../../../core/distribution/page/system-of-visitor';
import { AGENTS, headersOf } from '../../../fakes/agents';
import { plainRelease, release } from '../../../fakes/release';

const MOST_BYTES = 25_000;
const VOID = new Set(['meta', 'link']);

/** Opened and closed in order, every attribute quoted, every id once. */
function assertWellFormed(html: string): void {
  const body = html.replace(/<style>[^]*?<\/style>/, '<style></style>').replace('<!doctype html>', '');
  const open: string[] = [];
  let rest = body;
  for (const [tag, slash = '', name = '', attributes = '', selfClosed] of body.matchAll(
    /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+="[^"<>]*")*)\s*(\/?)>/g,
  )) {
    rest = rest.replace(tag, '');
    if (slash === '/') expect([name, open.pop()]).toEqual([name, name]);
    else if (!VOID.has(name) && selfClosed === '') open.push(name);
    expect(slash === '/' ? attributes : '').toBe('');
  }
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  const ids = [...body.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, id] of body.matchAll(/aria-labelledby="([^"]*)"/g)) expect(ids).toContain(id);
}

function pageFor(agent: keyof typeof AGENTS, facts: Partial<PageFacts> = {}): string {
  return downloadPage({
    distribution: release().distribution,
    nowMs: Date.parse('2026-03-01T00:20:00Z'),
    linkPrefix: 'TOKEN/',
    linkUrl: 'https://gate-0123456789.execute-api.eu-central-1.amazonaws.com/d/KbfDqGQ3XQb0PzVqCq8Rk4yXr1Qz0aBc',
    system: systemOfVisitor(headersOf(AGENTS[agent])),
    ...facts,
  });
}

test.each(Object.keys(AGENTS) as (keyof typeof AGENTS)[])('the page for %s is well-formed and light', (agent) => {
  for (const facts of [
    {},
    { downloadsLeft: 0, distribution: release({ change: { maxDownloads: 3 } }).distribution },
    { distribution: plainRelease().distribution },
    { distribution: release({ hasDocuments: true }).distribution },
  ]) {
    const page = pageFor(agent, facts);
    assertWellFormed(page);
    expect(Buffer.byteLength(page)).toBeLessThan(MOST_BYTES);
  }
});

test('headings go down by one step', () => {
  for (const agent of ['chromeOnLinux', 'safariOnMac', 'safariOnIphone'] as const) {
    const levels = [...pageFor(agent).matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.forEach((level, i) => expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1));
  }
});

test('whatever others wrote, it stays text', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constantFrom('"><script>x</script>', "' onclick='x", '</title><img src=x>', '</style>', '&lt;', '${x}'),
  );
  fc.assert(
    fc.property(hostile, hostile, hostile, hostile, (title, publisher, description, version) => {
      const change = {
        title,
        version,
        about: { title, publisher, description, license: publisher, homepage: `https://h.example/?${description}`, installers: [] },
      };
      const page = pageFor('safariOnMac', { distribution: release({ platforms: ['macos-arm64'], change }).distribution });
      assertWellFormed(page);
      expect(page).not.toMatch(/<script|<img|\son[a-z]+="/);
    }),
    { numRuns: 60 },
  );
});

test('the homepage is told nothing of where its visitor comes from', () => {
  expect(pageFor('chromeOnLinux')).toContain('<a href="https://fieldkit.example/" rel="noreferrer">fieldkit.example</a>');
});

test('a used up link says so, and links only what is not counted', () => {
  const page = pageFor('chromeOnLinux', { downloadsLeft: 0, distribution: release({ change: { maxDownloads: 3 } }).distribution });
  expect(page).toContain('Every download that this link permits was made.');
  expect([...page.matchAll(/href="(TOKEN\/[^"]*)"/g)].map(([, href]) => href)).toEqual(['TOKEN/SHA256SUMS', 'TOKEN/manifest.json']);
});

test('a denial says why, what to do and what to quote', () => {
  const facts = { text: 'this link has expired', next: 'Ask <whoever> sent it.', callerAddress: '203.0.113.7', reference: 'abcdefghjk' };
  const page = denialPage(facts);
  assertWellFormed(page);
  expect(page).toMatch(/<h1>This link has expired<\/h1>[^]*Ask &lt;whoever&gt; sent it\.[^]*203\.0\.113\.7[^]*abcdefghjk/);
  expect(page).not.toContain('href="./"');
  expect(denialPage({ ...facts, pageHref: './' })).toContain('<a href="./">Go to the page of this link</a>');
});

test('the template escapes what is no markup, and nothing twice', () => {
  const inner = markup`<b>${'<&"\'>'}</b>`;
  expect(markup`${inner}${[1, undefined, '&']}${raw('<i>')}`.text).toBe('<b>&lt;&amp;&quot;&#39;&gt;</b>1&amp;<i>');
  expect(joined([inner, inner], ' & ').text).toBe('<b>&lt;&amp;&quot;&#39;&gt;</b> &amp; <b>&lt;&amp;&quot;&#39;&gt;</b>');
});

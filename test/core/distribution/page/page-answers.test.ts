import { createHash } from 'node:crypto';
import { pageAnswer, refusalAnswer, type GateAnswer, type Refusal } from '../../../../core/distribution/gate/gate-answer';
import { release } from '../../../fakes/release';

const FACTS = { callerAddress: '203.0.113.7', reference: 'abcdefghjk', wantsPage: true, isHead: false };
const textOf = ({ body }: GateAnswer) => (body.kind === 'text' ? body.text : '');
const page = (isHead = false) =>
  pageAnswer(
    { distribution: release().distribution, nowMs: Date.parse('2026-03-01T00:20:00Z'), linkPrefix: '', system: { kind: 'unknown' } },
    isHead,
  );

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'private, no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

test('a page lets nothing in, is kept nowhere, and asks for the one hint that it uses', () => {
  const { status, headers } = page();
  expect(status).toBe(200);
  expect(headers).toMatchObject({ ...HEADERS, 'accept-ch': 'Sec-CH-UA-Arch', 'critical-ch': 'Sec-CH-UA-Arch' });
  const style = /<style>([^]*?)<\/style>/.exec(textOf(page()))?.[1] ?? '';
  expect(headers['content-security-policy']?.split('; ')).toEqual([
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]);
});

test('HEAD says the same without the page', () => {
  expect(page(true)).toEqual({ ...page(), body: { kind: 'none' } });
});

test.each<[Refusal, number, RegExp]>([
  ['unknown', 404, /There is nothing at this address[^]*copy all of it once more/],
  ['not-found', 404, /There is nothing at this address[^]*copy all of it once more/],
  ['file-unknown', 404, /no such file[^]*names the files[^]*href="\.\/"/],
  ['revoked', 410, /was revoked[^]*took it back[^]*new one/],
  ['expired', 410, /has expired[^]*new one/],
  ['exhausted', 410, /Every download[^]*new one[^]*checksums[^]*href="\.\/"/],
  ['address-not-allowed', 403, /does not answer to your address[^]*VPN/],
  ['method-not-allowed', 405, /only GET and HEAD|Only GET and HEAD/],
  ['target-too-long', 414, /address is too long[^]*curl -fLOJ/],
  ['precondition-failed', 412, /not the one that was asked for[^]*from its beginning/],
  ['unsatisfiable', 416, /no such range[^]*checksum/],
  ['file-missing', 503, /cannot be read at the moment[^]*Try again/],
  ['failed', 500, /could not answer[^]*Try again/],
])('%s: what happened, what to do, what to quote', (refusal, status, text) => {
  const answer = refusalAnswer(refusal, FACTS);
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject(HEADERS);
  expect(textOf(answer)).toMatch(text);
  expect(textOf(answer)).toMatch(/203\.0\.113\.7[^]*abcdefghjk/);
});

test('a program is told in three lines', () => {
  expect(textOf(refusalAnswer('expired', { ...FACTS, wantsPage: false }))).toBe(
    'this link has expired\nyour address: 203.0.113.7\nreference: abcdefghjk\n',
  );
});

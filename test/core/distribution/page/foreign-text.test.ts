import fc from 'fast-check';
import { homepageOf, shownDescription, shownName } from '../../../../core/distribution/page/foreign-text';

test.each([
  ['Field Kit', 'Field Kit'],
  ['  two\n lines\t', 'two lines'],
  // What turns the direction: the file would seem to be another.
  ['kit\u202Egpj.exe', 'kitgpj.exe'],
  ['\u2066a\u2069\u200Fb\u061C', 'ab'],
  ['a\u0000b\u0007c\u00AD\uFEFF', 'abc'],
  ['نرم\u200Cافزار', 'نرم\u200Cافزار'],
  ['👩\u200D🔧', '👩\u200D🔧'],
  ['\u200D \u200B', undefined],
  ['', undefined],
  [undefined, undefined],
])('%j is shown as %j', (text, shown) => {
  expect(shownName(text)).toBe(shown);
});

test('what is too long is cut between characters', () => {
  expect(shownName('🔧'.repeat(200))).toBe(`${'🔧'.repeat(120)}…`);
  expect(shownDescription('x'.repeat(700))).toHaveLength(601);
});

test('nothing unseen is ever shown', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(shownName(text) ?? '').not.toMatch(/(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Co}]|^\s|\s$/u);
    }),
  );
});

test.each([
  ['https://fieldkit.example/docs?a=b', { href: 'https://fieldkit.example/docs?a=b', host: 'fieldkit.example' }],
  ['http://10.0.0.4:8080', { href: 'http://10.0.0.4:8080/', host: '10.0.0.4:8080' }],
  ['HTTPS://Fieldkit.Example', { href: 'https://fieldkit.example/', host: 'fieldkit.example' }],
  // Letters that look like others are shown by their code.
  ['https://раypal.example/', { href: 'https://xn--ypal-43d9g.example/', host: 'xn--ypal-43d9g.example' }],
  ['javascript:alert(1)', undefined],
  [' JaVaScRiPt:alert(1)', undefined],
  ['java\nscript:alert(1)', undefined],
  ['data:text/html,<script>', undefined],
  ['file:///etc/passwd', undefined],
  ['https://fieldkit.example@evil.example/', undefined],
  ['//fieldkit.example', undefined],
  ['fieldkit.example', undefined],
  [undefined, undefined],
])('homepage %j', (text, homepage) => {
  expect(homepageOf(text)).toEqual(homepage);
});

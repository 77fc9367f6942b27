import fc from 'fast-check';
import { createRedactor, redact, redactUrls } from '../../core/redaction';

const SECRET = 'hunter2-correct-horse';

test.each([
  ['plain', `password is ${SECRET}.`, 'password is ***.'],
  ['in a URL query', `GET /?t=${encodeURIComponent('p@ss/word')}`, 'GET /?t=***'],
  ['in base64', `Basic ${Buffer.from('p@ss/word').toString('base64')}`, 'Basic ***'],
  ['in JSON', JSON.stringify({ key: 'line"quoted' }), '{"key":"***"}'],
  ['twice', `${SECRET}${SECRET}`, '******'],
])('a secret %s is hidden', (_, text, expected) => {
  expect(redact(text, [SECRET, 'p@ss/word', 'line"quoted'])).toBe(expected);
});

const AWKWARD = "pa ss/(w)+ö'!";
const PYTHON_QUOTED = 'pa%20ss/%28w%29%2B%C3%B6%27%21';

test.each([
  ['base64 behind a short user name', Buffer.from(`u:${AWKWARD}`).toString('base64')],
  ['base64 behind a longer user name', Buffer.from(`user:${AWKWARD}`).toString('base64')],
  ['base64 in the middle of a text', Buffer.from(`abc${AWKWARD}, and more`).toString('base64')],
  ['base64 for URLs', Buffer.from(`corp:${AWKWARD}`).toString('base64url')],
  ['URL encoding as Python does it', PYTHON_QUOTED],
  ['URL encoding of everything', PYTHON_QUOTED.replace('/', '%2F')],
  ['URL encoding in lower case', PYTHON_QUOTED.replace(/%../g, (escape) => escape.toLowerCase())],
  ['form encoding', PYTHON_QUOTED.replace('/', '%2F').replace('%20', '+')],
  ['JSON in ASCII', JSON.stringify(AWKWARD).replace('ö', '\\u00f6')],
])('a secret in %s is hidden', (_, text) => {
  const shown = redact(`seen ${text} end`, [AWKWARD]);
  expect(shown).toMatch(/^seen .*\*\*\*.* end$/);
  // What is left are the signs around it, and those of base64 that mix it with its neighbours.
  expect(shown.length).toBeLessThan('seen  end'.length + 22);
  expect(Buffer.from(shown.slice(5, shown.indexOf('***')), 'base64').toString()).not.toContain('pa');
});

test('credentials in URLs are hidden without being known', () => {
  expect(redactUrls('Looking in https://user:to%40ken@pypi.corp/simple, git+ssh://git@host/x')).toBe(
    'Looking in https://***@pypi.corp/simple, git+ssh://***@host/x',
  );
  expect(redactUrls('https://pypi.org/simple/@scope')).toBe('https://pypi.org/simple/@scope');
  expect(
    redactUrls("see 'https://b.s3.amazonaws.com/k?versionId=1&X-Amz-Credential=AK%2F1&X-Amz-Signature=0f1e&x-amz-security-token=IQ%3D'"),
  ).toBe("see 'https://b.s3.amazonaws.com/k?versionId=1&X-Amz-Credential=***&X-Amz-Signature=***&x-amz-security-token=***'");
});

test('each line of a secret with several lines is hidden', () => {
  expect(redact('a key: LINE-ONE-VALUE', ['LINE-ONE-VALUE\nLINE-TWO-VALUE'])).toBe('a key: ***');
});

test('values too short to be told from words stay', () => {
  expect(redact('abc', ['abc', ''])).toBe('abc');
});

test('however a stream is cut, it shows what the whole text shows', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      SECRET,
      'hunter2',
      'hunter2-correct-hors',
      'https://u:p@host/x',
      'https://',
      'user:pw@',
      ' ',
      '\n',
      'é€',
      'hunthunter2-correct-horse',
    ),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(200), { maxLength: 12 }), (pieces, cuts) => {
      const text = pieces.join('');
      const whole = redact(text, [SECRET]);
      const redactor = createRedactor([SECRET]);
      const positions = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
      const streamed =
        positions
          .slice(1)
          .map((end, i) => redactor.push(text.slice(positions[i], end)))
          .join('') + redactor.flush();
      expect(streamed).toBe(whole);
      expect(streamed).not.toContain(SECRET);
    }),
    { numRuns: 2000 },
  );
});

test('two secrets that overlap in the text are both hidden, however the stream is cut', () => {
  const secrets = ['abcdefgh', 'efghijkl'];
  const text = 'x abcdefghijkl y';
  for (let cut = 0; cut <= text.length; cut++) {
    const redactor = createRedactor(secrets);
    const shown = redactor.push(text.slice(0, cut)) + redactor.push(text.slice(cut)) + redactor.flush();
    expect(shown).not.toMatch(/abcd|efgh|ijkl/);
  }
});

test('a long line does not make the stream wait for its end', () => {
  const redactor = createRedactor([SECRET]);
  expect(redactor.push(`done. ${'x '.repeat(50)}`)).toContain('done.');
});

import fc from 'fast-check';
import { createSecretScanner, SHORTEST_SCANNED_VALUE } from '../../../core/inspection/secret-scan';
import { entropyOf, SECRET_RULES } from '../../../core/inspection/secret-rules';
import { chunksOf, compiledBlob, PLANTED, randomText } from '../../fixtures/planted-secrets';
import { startProcessorClock } from '../../fakes/processor-time';

const scanner = createSecretScanner();
const kindsIn = (bytes: Uint8Array) => scanner.scan('f', bytes).map((finding) => finding.kind);

describe('planted secrets', () => {
  test('cover at least twenty kinds, and every kind of the table', () => {
    const kinds = new Set(PLANTED.map(({ kind }) => kind));
    expect(kinds.size).toBeGreaterThanOrEqual(20);
    expect([...new Set(SECRET_RULES.map(({ kind }) => kind))].filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  test.each(PLANTED)('$kind in a text file: $what', ({ kind, text }) => {
    const findings = scanner.scan('conf/file.txt', Buffer.from(`# settings\n${text}\n# end\n`));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ kind, file: 'conf/file.txt' });
  });

  test.each(PLANTED)('$kind between the constants of a compiled program: $what', ({ kind, text }) => {
    // What is told by its line stands in a text of several lines there too.
    const constant = kind.startsWith('password-in-') ? `# settings\n${text}\n` : text;
    expect(kindsIn(compiledBlob(constant, 'nuitka'))).toContain(kind);
    expect(kindsIn(compiledBlob(constant, 'marshal'))).toContain(kind);
  });

  test.each(PLANTED)('$kind as UTF-16LE: $what', ({ kind, text }) => {
    const wide = Buffer.concat([Buffer.alloc(7), Buffer.from(`\n${text}\n`, 'utf16le')]);
    expect(kindsIn(wide)).toContain(kind);
  });

  test('a key of AWS that stands in long base64 by chance is none, one at either end of it is', () => {
    const data = 'QgsgBEGYAWogBRDtEi/EKAKYAUEQ'.repeat(32);
    const key = PLANTED.find(({ kind }) => kind === 'aws-access-key-id')?.text ?? '';
    const kindsBeside = (before: string, behind: string) => kindsIn(Buffer.from(`const wasm = '${before}${key}${behind}';`));
    expect(kindsBeside(data, data)).toEqual([]);
    expect(kindsBeside(data, '')).toEqual(['aws-access-key-id']);
    expect(kindsBeside('', data)).toEqual(['aws-access-key-id']);
    expect(kindsBeside(data.slice(0, 200), data)).toEqual(['aws-access-key-id']);
  });

  test.each(PLANTED)('the preview of $kind holds none of the secret: $what', ({ text, secret }) => {
    const [finding] = scanner.scan('f', Buffer.from(`\n${text}\n`));
    expect(finding?.preview).toMatch(/\(\d+ characters\)$/);
    for (let at = 0; at + 6 <= secret.length; at++) expect(finding?.preview).not.toContain(secret.slice(at, at + 6));
  });

  test('the offset leads to the place', () => {
    const [planted] = PLANTED;
    const bytes = Buffer.concat([Buffer.alloc(1000), Buffer.from(planted?.text ?? '')]);
    expect(scanner.scan('f', bytes)[0]?.offset).toBe(1000);
  });
});

describe('what is no secret', () => {
  test.each([
    ['a marker without key', '-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n'],
    ['markers as constants', '-----BEGIN RSA PRIVATE KEY-----\0-----BEGIN PRIVATE KEY-----\0RSA PRIVATE KEY\0'],
    ['a certificate', `-----BEGIN CERTIFICATE-----\n${randomText('base64', 640)}\n-----END CERTIFICATE-----\n`],
    ['a public key', `-----BEGIN PUBLIC KEY-----\n${randomText('base64', 320)}\n-----END PUBLIC KEY-----\n`],
    ["Amazon's example key", `AKIA${'IOSFODNN7'}EXAMPLE`],
    ['a prefix alone', 'ghp_ github_pat_ glpat- xoxb- sk_live_ AIza npm_ pypi- SG. hvs. dop_v1_'],
    ['a row of one letter', `ghp_${'x'.repeat(36)} AIza${'A'.repeat(35)}`],
    ['documentation of a URL', 'http://user:password@host:port/ ftp://joe:secret@proxy.example.com/ https://USER:${PASSWORD}@host/'],
    ['a URL with a port', 'http://localhost:8080/path@2x.png and postgres://db:5432/app'],
    ['code', 'password = getpass.getpass()\ntoken = self.tokens["a1"]\nSECRET=os.environ["SECRET"]\nPASSWORD=$PASSWORD\n'],
    ['a template', 'API_KEY=<your-key-1234>\nDB_PASSWORD=changeme1\nSECRET_TOKEN={{ secret123 }}\n'],
    ["Azurite's key", `AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq${'/K1SZFPTOtr/KBHBeksoGMGw=='}`],
    ['three dotted base64 words', 'eyJhYmNkZWZnaGlqa2xtbm9w.eyJhYmNkZWZnaGlqa2xtbm9w.c2lnbmF0dXJlc2lnbmF0dXJl'],
    ['a cursor', `"NextToken": "${randomText('mixed', 60)}"`],
    ['hex digests', `"sha256": "${randomText('hex', 64)}" etag-${randomText('hex', 32)}`],
  ])('%s', (_what, text) => {
    expect(kindsIn(Buffer.from(text))).toEqual([]);
  });

  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
        expect(kindsIn(bytes)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

describe("the job's own secrets", () => {
  const value = 'correct horse "battery"/42';
  const own = createSecretScanner({ CORP_PASSWORD: value });

  test.each([
    ['as it is', Buffer.from(`x${value}y`)],
    ['in JSON', Buffer.from(JSON.stringify({ a: value }))],
    ['percent-encoded', Buffer.from(`https://u:${encodeURIComponent(value)}@h/`)],
    ['in base64', Buffer.from(Buffer.from(value).toString('base64'))],
    ['as UTF-16LE', Buffer.from(value, 'utf16le')],
  ])('%s', (_how, bytes) => {
    expect(own.scan('app', bytes)).toEqual([
      { kind: 'job-secret', file: 'app', offset: expect.any(Number) as number, preview: 'value of CORP_PASSWORD (26 characters)' },
    ]);
  });

  test('win over the shape that they have', () => {
    const token = `ghp_${randomText('alphanumeric', 36)}`;
    expect(
      createSecretScanner({ T: token })
        .scan('f', Buffer.from(`TOKEN=${token}\n`))
        .map(({ kind }) => kind),
    ).toEqual(['job-secret']);
  });

  test('are left out where they are too short to mean anything', () => {
    const short = 'a'.repeat(SHORTEST_SCANNED_VALUE - 1);
    expect(createSecretScanner({ A: short, B: '' }).scan('f', Buffer.from(short.repeat(9)))).toEqual([]);
  });
});

test('a stream gives the same findings wherever it is cut', () => {
  const filler = Buffer.alloc(3_000, 'lorem ipsum 0123 ');
  const bytes = Buffer.concat(PLANTED.flatMap(({ text }) => [filler, Buffer.from(`\n${text}\n`)]));
  const whole = scanner.scan('f', bytes);
  expect(whole).toHaveLength(PLANTED.length);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 12 }), (sizes) => {
      const stream = scanner.open('f');
      for (const chunk of chunksOf(bytes, sizes)) stream.push(chunk);
      expect(stream.end()).toEqual(whole);
    }),
    { numRuns: 15 },
  );
});

test('a file full of secrets is cut, not endless', () => {
  const text = Array.from({ length: 500 }, () => `ghp_${randomText('alphanumeric', 36)}\n`).join('');
  expect(scanner.scan('f', Buffer.from(text))).toHaveLength(100);
});

test('entropy of one letter, of hex and of base64', () => {
  expect(entropyOf('xxxxxxxx')).toBe(0);
  expect(entropyOf('0123456789abcdef')).toBe(4);
  expect(entropyOf(randomText('base64', 4096))).toBeGreaterThan(5.5);
});

test('twenty megabytes take less than two seconds of the processor', () => {
  const bytes = new Uint8Array(20_000_000);
  const noise = Buffer.from(randomText('base64', 10_000) + randomText('hex', 10_000) + 'token password secret '.repeat(100));
  for (let at = 0; at + noise.length * 4 < bytes.length; at += noise.length * 4) bytes.set(noise, at);
  const tookMs = startProcessorClock();
  expect(scanner.scan('f', bytes)).toEqual([]);
  expect(tookMs()).toBeLessThan(2_000);
});

import { normalizePackageName, parseIndexPage } from '../../../core/host/index-page';

const SHA = 'a'.repeat(64);
const page = 'https://index.example/simple/kit/';

describe('parseIndexPage', () => {
  test.each([
    [
      'a relative link with a digest',
      `<a href="../../files/kit-1.0.tar.gz#sha256=${SHA}">kit</a>`,
      [{ filename: 'kit-1.0.tar.gz', url: 'https://index.example/files/kit-1.0.tar.gz', sha256: SHA }],
    ],
    [
      'an absolute link without one',
      `<a href='https://files.example/kit-1.0-py3-none-any.whl'>kit</a>`,
      [{ filename: 'kit-1.0-py3-none-any.whl', url: 'https://files.example/kit-1.0-py3-none-any.whl' }],
    ],
    [
      'attributes before the link, and entities in it',
      `<A data-requires-python="&gt;=3.8" HREF="kit-1.0.whl?a=1&amp;b=2">kit</A>`,
      [{ filename: 'kit-1.0.whl', url: 'https://index.example/simple/kit/kit-1.0.whl?a=1&b=2' }],
    ],
    [
      'a base element',
      `<base href="https://cdn.example/p/"><a href=kit-1.0.whl>kit</a>`,
      [{ filename: 'kit-1.0.whl', url: 'https://cdn.example/p/kit-1.0.whl' }],
    ],
    [
      'an escaped plus',
      `<a href="kit-1.0%2Bcorp.whl">kit</a>`,
      [{ filename: 'kit-1.0+corp.whl', url: 'https://index.example/simple/kit/kit-1.0%2Bcorp.whl' }],
    ],
    [
      'a digest of another kind',
      `<a href="kit-1.0.whl#md5=00">kit</a>`,
      [{ filename: 'kit-1.0.whl', url: 'https://index.example/simple/kit/kit-1.0.whl' }],
    ],
    ['nothing', '<html><body>not an index</body></html>', []],
  ])('reads HTML: %s', (_, body, files) => {
    expect(parseIndexPage(body, 'text/html', page)).toEqual(files);
  });

  test.each([
    [
      'hashes of its own',
      { filename: 'kit-1.0.whl', url: '/f/kit-1.0.whl', hashes: { sha256: SHA } },
      { filename: 'kit-1.0.whl', url: 'https://index.example/f/kit-1.0.whl', sha256: SHA },
    ],
    [
      'a digest in the link',
      { filename: 'kit-1.0.whl', url: `https://f.example/x/kit-1.0.whl#sha256=${SHA}`, hashes: {} },
      { filename: 'kit-1.0.whl', url: 'https://f.example/x/kit-1.0.whl', sha256: SHA },
    ],
  ])('reads JSON: %s', (_, file, expected) => {
    const body = JSON.stringify({ meta: { 'api-version': '1.1' }, files: [file, { name: 'no url' }, 7] });
    expect(parseIndexPage(body, 'application/vnd.pypi.simple.v1+json', page)).toEqual([expected]);
    expect(parseIndexPage(body, '', page)).toEqual([expected]);
  });

  test('takes a broken JSON answer for an empty page', () => {
    expect(parseIndexPage('{"files": [', 'application/json', page)).toEqual([]);
  });
});

test.each([
  ['Ruamel.Yaml_C', 'ruamel-yaml-c'],
  ['a--b__c..d', 'a-b-c-d'],
  ['typer', 'typer'],
])('normalizePackageName(%s)', (name, expected) => {
  expect(normalizePackageName(name)).toBe(expected);
});

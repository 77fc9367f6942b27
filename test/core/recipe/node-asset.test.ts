import { assetPlace, globBase, isGlob, isOfDependencies, matchesGlob, matchPlace, type NodeAsset } from '../../../core/recipe/node-asset';

test.each<[NodeAsset, boolean, string]>([
  ['data/schema.sql', false, 'schema.sql'],
  ['node_modules/@electric-sql/pglite/dist/pglite.wasm', false, 'pglite.wasm'],
  ['public', true, 'public'],
  ['./public/', true, 'public'],
  [{ from: 'data/schema.sql', to: 'sql/' }, false, 'sql/schema.sql'],
  [{ from: 'data/schema.sql', to: 'sql/first.sql' }, false, 'sql/first.sql'],
  [{ from: 'data/schema.sql', to: '.' }, false, 'schema.sql'],
  [{ from: 'public', to: 'www/' }, true, 'www'],
])('%j lies at its place', (asset, isFolder, place) => {
  expect(assetPlace(asset, isFolder)).toBe(place);
});

test.each<[NodeAsset, string, string]>([
  ['templates/*.html', 'templates/a.html', 'a.html'],
  ['templates/**/*.html', 'templates/mail/a.html', 'mail/a.html'],
  [{ from: 'templates/**/*.html', to: 'templates' }, 'templates/mail/a.html', 'templates/mail/a.html'],
  ['*.sql', 'a.sql', 'a.sql'],
])('a match of %j lies relative to the folder of the glob', (asset, file, place) => {
  expect(matchPlace(asset, file)).toBe(place);
});

test('a glob begins where a part of it is a pattern', () => {
  expect([isGlob('a/b.txt'), isGlob('a/*.txt'), isGlob('a/b?.txt'), isGlob('a/[bc].txt')]).toEqual([false, true, true, true]);
  expect([globBase('a/b/*.txt'), globBase('./a/**/x'), globBase('*.txt')]).toEqual(['a/b', 'a', '.']);
  expect(matchesGlob('a/*.txt', 'a/b.txt')).toBe(true);
  expect(matchesGlob('a/*.txt', 'a/b/c.txt')).toBe(false);
  expect(matchesGlob('./a/**/*.txt', 'a/b/c.txt')).toBe(true);
});

test('what comes with the dependencies is told by its path', () => {
  expect(isOfDependencies('node_modules/ws/x')).toBe(true);
  expect(isOfDependencies('../node_modules/ws/x')).toBe(true);
  expect(isOfDependencies('src/x')).toBe(false);
});

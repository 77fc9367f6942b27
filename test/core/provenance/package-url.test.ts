import { packageUrl, type PackageName } from '../../../core/provenance/package-url';

/** Spelled as https://github.com/package-url/purl-spec and its tests spell them. */
test.each<[PackageName, string]>([
  [{ type: 'pypi', name: 'Django_Filter', version: '23.2' }, 'pkg:pypi/django-filter@23.2'],
  [{ type: 'pypi', name: 'torch', version: '2.0+cpu' }, 'pkg:pypi/torch@2.0%2Bcpu'],
  [{ type: 'npm', namespace: '@electric-sql', name: 'pglite', version: '0.5.16' }, 'pkg:npm/%40electric-sql/pglite@0.5.16'],
  [
    { type: 'deb', namespace: 'debian', name: 'libssl3', version: '1:3.0.11-1~deb12u2', qualifiers: { arch: 'amd64', distro: '' } },
    'pkg:deb/debian/libssl3@1:3.0.11-1~deb12u2?arch=amd64',
  ],
  [
    { type: 'rpm', namespace: 'fedora', name: 'zlib', version: '1.3-1.fc40', qualifiers: { epoch: '1', arch: 'x86_64' } },
    'pkg:rpm/fedora/zlib@1.3-1.fc40?arch=x86_64&epoch=1',
  ],
  [{ type: 'generic', name: "o'brien (x)" }, 'pkg:generic/o%27brien%20%28x%29'],
])('%j is %s', (name, expected) => {
  expect(packageUrl(name)).toBe(expected);
  expect(new URL(packageUrl(name)).protocol).toBe('pkg:');
});

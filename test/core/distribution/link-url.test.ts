import { baseUrlOfHost } from '../../../core/distribution/link-url';

test.each([
  ['gate.example.org', 'https://gate.example.org'],
  ['Gate.Example.ORG:8443', 'https://gate.example.org:8443'],
  ['localhost:8722', 'https://localhost:8722'],
  ['192.168.1.20', 'https://192.168.1.20'],
  ['build_box', 'https://build_box'],
  ['[::1]:8722', 'https://[::1]:8722'],
  ['[2001:DB8::1]', 'https://[2001:db8::1]'],
])('%s is a host', (host, url) => {
  expect(baseUrlOfHost('https', host)).toBe(url);
});

test.each([
  undefined,
  '',
  'gate.example.org/path',
  'user@gate.example.org',
  'gate.example.org:',
  'gate.example.org:0',
  'gate.example.org:65536',
  'gate.example.org:80:80',
  'gate..example.org',
  '-gate.example.org',
  '::1',
  '[::1',
  '[::g]',
  '[1.2.3.4]',
  '[fe80::1%25eth0]',
  "x';touch pwned;'",
  '$(id)',
  '`id`',
  'a b',
  'a\nb',
  'a\r\nset-cookie: x',
  'gäte.example.org',
  'gate.example.org, other.example.org',
  'x'.repeat(300),
])('%j is none', (host) => {
  expect(baseUrlOfHost('https', host)).toBeUndefined();
});

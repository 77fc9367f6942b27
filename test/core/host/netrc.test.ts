import { netrcCredentials } from '../../../core/host/netrc';

const TEXT = `# machine commented.example login no password no
machine a.example login me password "p w\\"x"
machine b.example
  login you
  account ignored
  password s3#cret
macdef init
  machine in.macro login x password y

default login any password any-pw
`;

test.each([
  ['a.example', { user: 'me', password: 'p w"x' }],
  ['B.example', { user: 'you', password: 's3#cret' }],
  ['in.macro', { user: 'any', password: 'any-pw' }],
  ['other.example', { user: 'any', password: 'any-pw' }],
])('netrcCredentials of %s', (host, expected) => {
  expect(netrcCredentials(TEXT, host)).toEqual(expected);
});

test('knows nobody without an entry or with one that has no password', () => {
  expect(netrcCredentials('machine a.example login me', 'a.example')).toBeUndefined();
  expect(netrcCredentials('', 'a.example')).toBeUndefined();
});

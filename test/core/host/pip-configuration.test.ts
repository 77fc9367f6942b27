import { parsePipFile, pipConfigurationFiles, readPipConfiguration } from '../../../core/host/pip-configuration';

describe('pipConfigurationFiles', () => {
  test.each([
    [
      'Linux',
      { os: 'linux', environment: {}, userDirectory: '/home/me' },
      ['/etc/xdg/pip/pip.conf', '/etc/pip.conf', '/home/me/.pip/pip.conf', '/home/me/.config/pip/pip.conf'],
    ],
    [
      'XDG folders',
      { os: 'linux', environment: { XDG_CONFIG_DIRS: '/a:/b', XDG_CONFIG_HOME: '/c' }, userDirectory: '/home/me' },
      ['/a/pip/pip.conf', '/b/pip/pip.conf', '/etc/pip.conf', '/home/me/.pip/pip.conf', '/c/pip/pip.conf'],
    ],
    [
      'PIP_CONFIG_FILE in the place of the user',
      { os: 'linux', environment: { PIP_CONFIG_FILE: '/x.conf' }, userDirectory: '/home/me' },
      ['/etc/xdg/pip/pip.conf', '/etc/pip.conf', '/x.conf'],
    ],
    ['the null device', { os: 'linux', environment: { PIP_CONFIG_FILE: '/dev/null' }, userDirectory: '/home/me' }, []],
    [
      'a virtual environment',
      { os: 'linux', environment: { VIRTUAL_ENV: '/v', PIP_CONFIG_FILE: '/x.conf' }, userDirectory: '/home/me' },
      ['/etc/xdg/pip/pip.conf', '/etc/pip.conf', '/v/pip.conf', '/x.conf'],
    ],
    [
      'macOS',
      { os: 'macos', environment: {}, userDirectory: '/Users/me' },
      [
        '/Library/Application Support/pip/pip.conf',
        '/Users/me/.pip/pip.conf',
        '/Users/me/.config/pip/pip.conf',
        '/Users/me/Library/Application Support/pip/pip.conf',
      ],
    ],
    [
      'Windows',
      {
        os: 'windows',
        environment: { APPDATA: 'C:\\Users\\me\\AppData\\Roaming', ProgramData: 'D:\\Data' },
        userDirectory: 'C:\\Users\\me',
      },
      ['D:\\Data\\pip\\pip.ini', 'C:\\Users\\me\\pip\\pip.ini', 'C:\\Users\\me\\AppData\\Roaming\\pip\\pip.ini'],
    ],
  ] as const)('%s', (_, request, files) => {
    expect(pipConfigurationFiles(request)).toEqual(files);
  });
});

test('parsePipFile reads continued lines, comments, both separators and any spelling of a key', () => {
  const text =
    '\uFEFF# head\n[global]\nIndex_URL : https://a.example/simple\nextra-index-url =\n    https://b.example/simple\n    # not this\n    https://c.example/simple\n\n; end\n[install]\r\n--no-index = yes\r\n';
  const sections = parsePipFile(text);
  expect([...(sections.get('global') ?? [])]).toEqual([
    ['index-url', 'https://a.example/simple'],
    ['extra-index-url', 'https://b.example/simple\nhttps://c.example/simple'],
  ]);
  expect([...(sections.get('install') ?? [])]).toEqual([['no-index', 'yes']]);
});

describe('readPipConfiguration', () => {
  const nothing = { extraIndexUrls: [], findLinks: [], isIndexOff: false, trustedHosts: [] };

  test.each([
    ['nothing', [], {}, nothing],
    ['the later file', ['[global]\nindex-url=https://a', '[global]\nindex-url=https://b'], {}, { ...nothing, indexUrl: 'https://b' }],
    [
      'a section over [global], whatever file it is in',
      ['[install]\nindex-url=https://a', '[global]\nindex-url=https://b'],
      {},
      { ...nothing, indexUrl: 'https://a' },
    ],
    [
      'a variable over every file',
      ['[install]\nindex-url=https://a'],
      { PIP_INDEX_URL: 'https://c' },
      { ...nothing, indexUrl: 'https://c' },
    ],
    ['an empty variable says nothing', ['[global]\nindex-url=https://a'], { PIP_INDEX_URL: '' }, { ...nothing, indexUrl: 'https://a' }],
    [
      'lists',
      [],
      { PIP_EXTRA_INDEX_URL: 'https://a  https://b', PIP_FIND_LINKS: '/w', PIP_TRUSTED_HOST: 'h:8080' },
      { ...nothing, extraIndexUrls: ['https://a', 'https://b'], findLinks: ['/w'], trustedHosts: ['h:8080'] },
    ],
    [
      'switches and numbers',
      [],
      { PIP_NO_INDEX: 'On', PIP_DEFAULT_TIMEOUT: '180', PIP_CERT: '/c.pem', PIP_CLIENT_CERT: '/k.pem', PIP_PROXY: 'p:3128' },
      { ...nothing, isIndexOff: true, timeoutSeconds: 180, certificatePath: '/c.pem', clientCertificatePath: '/k.pem', proxy: 'p:3128' },
    ],
  ])('%s', (_, texts, environment, expected) => {
    expect(readPipConfiguration(texts, environment as Record<string, string>)).toEqual(expected);
  });
});

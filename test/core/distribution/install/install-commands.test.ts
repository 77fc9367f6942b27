import type { Distribution } from '../../../../core/distribution/distribution';
import { installCommands } from '../../../../core/distribution/install/install-commands';
import { distributionWith } from '../../../fakes/distributions';
import { installablePackage, installableDistribution } from '../../../fakes/installable';

const LINK = 'https://gate.example.org/d/AbCdEfGhIjKlMnOpQrStUvWxYz012345';

test('each system that the link has packages for gets the line that installs there, and the one that uninstalls', () => {
  expect(installCommands(installableDistribution(), LINK)).toEqual([
    { os: 'linux', shell: 'sh', command: `curl -fsSL ${LINK}/install.sh | sh`, uninstall: 'sh ~/.local/share/fieldkit/uninstall.sh' },
    { os: 'macos', shell: 'sh', command: `curl -fsSL ${LINK}/install.sh | sh`, uninstall: 'sh ~/.local/share/fieldkit/uninstall.sh' },
    {
      os: 'windows',
      shell: 'powershell',
      command: `irm ${LINK}/install.ps1 | iex`,
      uninstall: 'powershell -ExecutionPolicy Bypass -File "$env:LOCALAPPDATA\\Programs\\fieldkit\\uninstall.ps1"',
    },
  ]);
});

test('a system without a package is not named', () => {
  const distribution = installableDistribution({ files: [installablePackage('macos-arm64')] });
  expect(installCommands(distribution, LINK).map(({ os }) => os)).toEqual(['macos']);
});

test.each<[string, Distribution]>([
  ['the application wants none', installableDistribution({ about: { installers: [] } })],
  ['the link leads past the gate', installableDistribution({ link: 'direct' })],
  ['the name could be a command', installableDistribution({ name: 'x; rm -rf ~' })],
  ['nothing is known of the application', distributionWith({ files: [installablePackage('linux-x86_64')] })],
])('there is no line where %s', (_why, distribution) => {
  expect(installCommands(distribution, LINK)).toEqual([]);
});

test('a file that was handed out as it is has no lines', () => {
  expect(installCommands(distributionWith(), LINK)).toEqual([]);
});

test.each([
  ['a folder that climbs', { folder: '..' }],
  ['a program outside', { binaries: [{ name: 'fieldkit', path: 'fieldkit-linux-x86_64/../../evil' }] }],
  ['a program by its full path', { binaries: [{ name: 'fieldkit', path: '/bin/sh' }] }],
  ['a command for a name', { binaries: [{ name: '$(id)', path: 'fieldkit-linux-x86_64/fieldkit' }] }],
  ['a line for a name', { binaries: [{ name: 'a\nb', path: 'fieldkit-linux-x86_64/fieldkit' }] }],
  ['no program', { binaries: [] }],
])('a package with %s is not installed by a script', (_what, facts) => {
  const file = installablePackage('linux-x86_64', { facts });
  expect(installCommands(installableDistribution({ files: [file] }), LINK)).toEqual([]);
});

test('an address that a shell would read as a pattern is quoted', () => {
  const files = [installablePackage('linux-x86_64'), installablePackage('windows-x86_64')];
  const commands = installCommands(installableDistribution({ files }), 'http://[::1]:8722/d/x').map(({ command }) => command);
  expect(commands).toEqual([`curl -fsSL 'http://[::1]:8722/d/x/install.sh' | sh`, `irm 'http://[::1]:8722/d/x/install.ps1' | iex`]);
});

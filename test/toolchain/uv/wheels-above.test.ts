import { uvFailure } from '../../../toolchain/uv/uv-failure';
import type { UvCommand } from '../../../toolchain/uv/uv-command';

const install = (platform?: string): UvCommand => ({
  purpose: 'dependencies',
  args: ['pip', 'install', 'x', ...(platform === undefined ? [] : ['--python-platform', platform])],
  cwd: '/src',
  env: {},
});

const RESOLVED = [
  'error: No solution found when resolving dependencies',
  '  cause: Because onnxruntime==1.22.0 has no wheels with a matching platform tag (e.g., `manylinux_2_17_x86_64`) and you require onnxruntime==1.22.0, we can conclude that your requirements are unsatisfiable.',
  '',
  'hint: Wheels are available for `onnxruntime` (v1.22.0) on the following platforms: `manylinux_2_27_aarch64`, `manylinux_2_28_x86_64`, `manylinux_2_27_x86_64`, `win_amd64`',
].join('\n');
const LOCKED =
  "error: Distribution `onnxruntime==1.22.0 @ registry+https://index.example/simple` can't be installed because it doesn't have a source distribution or wheel for the current platform\n\nhint: You're on Linux (`manylinux_2_17_x86_64`), but `onnxruntime` (v1.22.0) only has wheels for the following platforms: `manylinux_2_27_aarch64`, `manylinux_2_27_x86_64`, `win_amd64`; consider adding";

test.each([
  ['what is resolved', RESOLVED],
  ['what a lock names', LOCKED],
])('a package whose wheels are for a newer glibc only is named: %s', (_, stderr) => {
  expect(uvFailure(install('x86_64-manylinux_2_17'), stderr, [])).toMatchObject({
    code: 'glibc-floor-unreachable',
    message: "the dependencies do not run on glibc '2.17': onnxruntime 1.22.0 has wheels for glibc 2.27 and later only",
    hint: 'lock a version that has an older wheel, or set budgets.glibc to "2.27"',
  });
});

test.each([
  ['no older glibc was asked for', install(), RESOLVED],
  ['there are none for this processor', install('x86_64-manylinux_2_17'), RESOLVED.replaceAll('_x86_64`', '_s390x`')],
  ['wheels would fit', install('x86_64-manylinux_2_28'), RESOLVED],
])('else it is a dependency that does not resolve: %s', (_, command, stderr) => {
  expect(uvFailure(command, stderr, [])).toMatchObject({ code: 'dependency-unresolved' });
});

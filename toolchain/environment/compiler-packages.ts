/** Owns putting the pinned compiler into an environment without changing what the project put there. */
import type { CCompiler } from '../../core/host/host';
import { normalizePackageName } from '../../core/host/index-page';
import { compareDottedVersions } from '../../core/quantity';
import { SlipwayError } from '../../core/slipway-error';
import { compilerCommand, environmentLayout } from './environment-commands';
import { buildConstraintsText, type CompilerNeed, compilerNeeds, pinnedVersion, requirementsText } from '../pins';
import { type InstalledPackage, listPackages } from './installed-packages';
import type { PythonEnvironmentRequest } from './environment-request';
import type { ToolchainContext } from '../toolchain-context';
import type { UvRunner } from '../uv/uv-runner';

/**
 * @param cCompiler what Nuitka compiles C with: zig is one of the packages
 * @throws SlipwayError `compiler-conflict` where the project locks something too old for the compiler
 */
export async function installCompiler(
  context: ToolchainContext,
  request: PythonEnvironmentRequest,
  uv: UvRunner,
  cCompiler: CCompiler['kind'] | undefined,
): Promise<void> {
  const layout = environmentLayout(request);
  const needs = compilerNeeds(request.compiler, request.python.mode, context.platform, cCompiler);
  const missing = missingNeeds(needs, await listPackages(uv, layout.interpreter, request.environmentDirectory), request.compiler);
  if (missing.length === 0) return;
  await context.files.write(layout.compilerFile, requirementsText(missing.map(({ name }) => name)));
  await context.files.write(layout.compilerBuildFile, buildConstraintsText());
  const names = missing.map(({ name }) => `${name} ${pinnedVersion(name)}`);
  context.log(`installing ${names.join(', ')}`);
  await uv.run(compilerCommand(request));
}

/**
 * What has to be installed. A package that the project brings stays as it is, the compiler itself too: whoever locks one means it.
 * @throws SlipwayError `compiler-conflict`
 */
export function missingNeeds(
  needs: readonly CompilerNeed[],
  installed: readonly InstalledPackage[],
  compiler: string,
): readonly CompilerNeed[] {
  const versions = new Map(installed.map(({ name, version }) => [normalizePackageName(name), version]));
  return needs.filter(({ name, minimum }) => {
    const version = versions.get(name);
    if (version === undefined) return true;
    if (minimum === undefined || compareDottedVersions(releaseOf(version), minimum) >= 0) return false;
    throw new SlipwayError('compiler-conflict', `the project installs ${name} '${version}', and ${compiler} needs ${minimum} or later`, {
      hint: `lock ${name} ${minimum} or later, or choose the other compiler`,
      details: { package: name, installed: version, minimum },
    });
  });
}

/** `80.9.0.post1+local` counts as 80.9.0. */
function releaseOf(version: string): string {
  return /^\d+(\.\d+)*/.exec(version)?.[0] ?? '0';
}

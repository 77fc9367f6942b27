/** Owns what travels with a project's source: the wheels of dependencies that the build could not fetch by itself. */
import path from 'node:path';
import posix from 'node:path/posix';
import { VENDOR_DIRECTORY, type JobPython } from '../../core/job/job';
import type { PlatformId } from '../../core/platform';
import type { Files } from '../../core/ports/files';
import type { SourceRequest } from '../../core/ports/source-packer';
import type { CliContext, WheelRequest } from '../context';
import type { Project } from './project';

interface Wanted {
  readonly platform: PlatformId;
  readonly python: JobPython;
}

/**
 * Calls `action` with the source request of the project, wheels added where any are needed; they are removed after it.
 * @throws SlipwayError as `toolchain/vendoring/vendor-wheels.ts` says
 */
export async function withVendoredSource<T>(
  context: CliContext,
  project: Project,
  platforms: readonly PlatformId[],
  secrets: Readonly<Record<string, string>>,
  action: (request: SourceRequest) => Promise<T>,
): Promise<T> {
  const { vendorWheels } = context;
  const wanted = platforms.flatMap((platform) =>
    (project.templates[platform]?.binaries ?? []).flatMap(({ python }) => (python === undefined ? [] : [{ platform, python }])),
  );
  if (vendorWheels === undefined || wanted.every(({ python }) => python.vendor === 'never')) return action(project.sourceRequest);
  const files = await context.files();
  const directory = await files.makeTemporaryDirectory('slipway-wheels-');
  try {
    const additions = await fetchWheels((request) => vendorWheels(request, secrets), project, wanted, directory);
    return await action({ ...project.sourceRequest, additions });
  } finally {
    await removeQuietly(files, directory);
  }
}

/** The budget, where the platform has a glibc. */
function glibcOf({ templates }: Project, platform: PlatformId): Pick<WheelRequest, 'glibc'> {
  const glibc = templates[platform]?.budgets.glibc;
  return glibc === undefined ? {} : { glibc };
}

async function removeQuietly(files: Files, directory: string): Promise<void> {
  await files.remove(directory).catch(() => undefined); // It is in the system's temporary folder; the build matters more.
}

/** Where wheels are in the archive, dependencies come from there alone: once one binary needs it, all get theirs. */
async function fetchWheels(
  vendorWheels: (request: WheelRequest) => Promise<readonly { readonly file: string }[]>,
  project: Project,
  wanted: readonly Wanted[],
  directory: string,
): Promise<SourceRequest['additions']> {
  const fetch = ({ platform, python }: Wanted) =>
    vendorWheels({
      projectDirectory: project.projectDirectory,
      sourceDirectory: project.sourceRoot,
      vendorDirectory: path.join(directory, platform),
      python,
      platform,
      ...glibcOf(project, platform),
      version: project.version,
      secretNames: Object.keys(project.recipe.secrets),
    });
  const wheels: { readonly file: string }[] = [];
  const without: Wanted[] = [];
  for (const one of wanted) {
    const fetched = await fetch(one);
    wheels.push(...fetched);
    if (fetched.length === 0) without.push(one);
  }
  if (wheels.length === 0) return [];
  for (const { platform, python } of without) wheels.push(...(await fetch({ platform, python: { ...python, vendor: 'always' } })));
  const byName = new Map(wheels.map(({ file }) => [path.basename(file), file]));
  return [...byName].map(([name, from]) => ({ path: posix.join(VENDOR_DIRECTORY, name), from }));
}

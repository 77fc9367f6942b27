/** Owns fetching a program's dependencies as wheels for a target platform, on the admin's machine with the admin's credentials. */
import { createHash } from 'node:crypto';
import { requirementLine, type RequirementEntry } from '../../core/project/requirement-lines';
import { isSameIndex, PUBLIC_INDEX, type Registries } from '../../core/host/registries';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { createPip, type Pip } from './pip';
import { findPython } from '../python/find-python';
import { readRegistries } from '../machine-registries';
import { hostPaths, type ToolchainContext } from '../toolchain-context';
import { createUvRunner } from '../uv/uv-runner';
import { needsVendoring, projectIndexes } from './vendor-need';
import type { NamedIndex, VendorRequest } from './vendor-request';
import { resolveForTarget } from './vendor-requirements';

export interface VendoredWheel {
  /** Absolute. */
  readonly file: string;
  readonly sha256: string;
}

/**
 * Fetches the wheels where `python.vendor` asks for it: `auto` only when the build could not get a dependency by itself
 * (a private index, a repository, a path outside the tree). All dependencies come then, the public ones too, so that the build
 * installs exactly these.
 * @returns an empty list where nothing is to be vendored
 * @throws SlipwayError `vendor-impossible` for a native package that has no wheel for the platform, and what resolving throws
 */
export async function vendorWheels(context: ToolchainContext, request: VendorRequest): Promise<readonly VendoredWheel[]> {
  if (request.python.vendor === 'never') return [];
  const registries = await readRegistries(context);
  if (request.python.vendor === 'auto' && !(await needsVendoring(context, request, registries))) return [];
  context.log(`fetching the dependencies as wheels for ${request.platform}`);
  const interpreter = await findPython(context, request.python.version);
  const uv = await createUvRunner(context, request.secretNames ?? []);
  // The public index stands in every lock; whether it is asked is this machine's choice.
  const named = (await projectIndexes(context, request)).filter(({ url }) => !isSameIndex(url, PUBLIC_INDEX));
  const staging = await context.files.makeTemporaryDirectory('slipway-vendor-');
  try {
    const entries = await resolveForTarget(context, request, { interpreter, uv, staging, indexes: named });
    const pip = await createPip(context, {
      interpreter,
      indexes: inPipsOrder(named, registries),
      secretNames: request.secretNames ?? [],
    });
    await context.files.makeDirectory(request.vendorDirectory);
    await fetchAll(context, request, pip, entries, staging);
  } finally {
    await context.files.remove(staging);
  }
  return listWheels(context, request.vendorDirectory);
}

/**
 * pip merges indexes, and of two files with one name and version its resolver takes that of the last index (pip 26, which is pinned).
 * So the one that uv asks first, the project's own, comes last.
 */
export function inPipsOrder(named: readonly NamedIndex[], registries: Registries): readonly NamedIndex[] {
  const own = registries.isIndexOff ? [] : [...registries.extraIndexes, registries.defaultIndex].map((url) => ({ url }));
  return [...named, ...own].reverse();
}

async function fetchAll(
  context: ToolchainContext,
  request: VendorRequest,
  pip: Pip,
  entries: readonly RequirementEntry[],
  staging: string,
): Promise<void> {
  const target = {
    platform: request.platform,
    pythonVersion: request.python.version,
    ...(request.glibc === undefined ? {} : { glibc: request.glibc }),
  };
  const published = entries.filter(({ version }) => version !== undefined);
  const direct = entries.filter(({ version }) => version === undefined);
  const list = await writeList(context, staging, 'published.txt', published);
  const hasWheels = published.length === 0 || (await pip.download(list, request.vendorDirectory, target));
  if (!hasWheels) {
    // One of them has none: each is tried by itself, and what exists as source only is built here.
    for (const entry of published) {
      const single = await writeList(context, staging, 'single.txt', [entry]);
      if (!(await pip.download(single, request.vendorDirectory, target))) await build(context, request, pip, entry, staging);
    }
  }
  for (const entry of direct) await build(context, request, pip, entry, staging);
}

async function writeList(context: ToolchainContext, staging: string, name: string, entries: readonly RequirementEntry[]): Promise<string> {
  const path = hostPaths(context).join(staging, name);
  await context.files.write(path, entries.map(requirementLine).join(''));
  return path;
}

/** From a repository, a folder or a source distribution. What comes out must run on the target. */
async function build(context: ToolchainContext, request: VendorRequest, pip: Pip, entry: RequirementEntry, staging: string): Promise<void> {
  const paths = hostPaths(context);
  const built = paths.join(staging, `built-${entry.name}`);
  context.log(`building a wheel of ${entry.name}`);
  await pip.build(await writeList(context, staging, 'single.txt', [entry]), built, entry.name);
  for (const { name } of await context.files.list(built)) {
    const isPure = name.endsWith('-none-any.whl');
    if (!isPure && request.platform !== context.platform) {
      throw new SlipwayError(
        'vendor-impossible',
        `'${entry.name}' is native and has no wheel for '${request.platform}': it can be built on such a machine only`,
        {
          hint: `publish a wheel of ${entry.name} for ${request.platform}, or build there with vendor: never`,
          details: { package: entry.name, platform: request.platform, built: name },
        },
      );
    }
    await context.files.copy(paths.join(built, name), paths.join(request.vendorDirectory, name));
  }
}

async function listWheels(context: ToolchainContext, directory: string): Promise<readonly VendoredWheel[]> {
  const names = (await listOrNothing(context, directory)).filter((name) => name.endsWith('.whl'));
  return Promise.all(
    names.map(async (name) => {
      const file = hostPaths(context).join(directory, name);
      return {
        file,
        sha256: createHash('sha256')
          .update(await context.files.readBytes(file))
          .digest('hex'),
      };
    }),
  );
}

async function listOrNothing(context: ToolchainContext, directory: string): Promise<readonly string[]> {
  try {
    return (await context.files.list(directory)).map(({ name }) => name);
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'file-not-found') return [];
    throw thrown;
  }
}

/**
 * Owns the folder that a desktop host's bundler takes over: each sidecar as an executable under the name that the host wants,
 * what belongs to it as a folder of resources, and the fragment of the host's configuration that names both.
 */
import path from 'node:path';
import posix from 'node:path/posix';
import type { Job, JobBinary } from '../../core/job/job';
import { SlipwayError } from '../../core/slipway-error';
import { archivedResources, binaryPath, FRAGMENT_FILE, fragmentText, resourceFolders, TAURI_FOLDER } from '../../core/sidecar/tauri-layout';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import type { BuildTools } from '../build-tools';
import type { CompiledProgram } from '../compilers/python-compiler';
import { windowsFacts } from '../launcher/windows-facts';
import { bundleName, contentFolder } from '../node/node-paths';

type LayoutTools = Pick<BuildTools, 'compileLauncher'>;

/**
 * Moves what was compiled into `packageFolder/tauri/`.
 * @param packageFolder the one folder of the archive, absolute
 * @returns where the host would start it
 */
export async function layOutSidecar(
  context: BuilderContext,
  tools: LayoutTools,
  job: Job,
  { binary, program }: { readonly binary: JobBinary; readonly program: CompiledProgram },
  packageFolder: string,
): Promise<BuiltBinary> {
  const directory = path.join(packageFolder, TAURI_FOLDER);
  const executable = path.join(directory, ...binaryPath(binary.name, job.platform).split('/'));
  const inspect = program.inspectDirectory === undefined ? {} : { inspectDirectory: program.inspectDirectory };
  const built: BuiltBinary = { name: binary.name, directory, executable, ...inspect };
  if (program.form === 'file') {
    await context.files.makeDirectory(path.dirname(executable));
    await context.files.move(program.path, executable);
    return built;
  }
  const resources = path.join(directory, ...archivedResources(binary.name).split('/'));
  await context.files.makeDirectory(path.dirname(resources));
  const started = binary.node === undefined ? await startOfFolder(context, program) : startOfNode(binary.name);
  await context.files.move(path.join(program.path, ...started.folder.split('/')), resources);
  await replaceLinks(context, resources);
  await tools.compileLauncher(
    context,
    {
      outputFile: executable,
      name: binary.name,
      folders: resourceFolders(binary.name, job.platform),
      program: started.program,
      args: started.args,
      windows: windowsFacts(context, job, binary),
    },
    job.platform,
  );
  return built;
}

/** The fragment of all sidecars of one archive. */
export async function writeFragment(
  context: BuilderContext,
  job: Job,
  binaries: readonly JobBinary[],
  packageFolder: string,
): Promise<void> {
  const sidecars = binaries.flatMap(({ name, sidecar }) => (sidecar === undefined ? [] : [{ name, form: sidecar.form }]));
  if (sidecars.length === 0) return;
  await context.files.write(path.join(packageFolder, TAURI_FOLDER, FRAGMENT_FILE), fragmentText(sidecars, job.platform), { mode: 0o644 });
}

interface Start {
  /** Becomes the folder of resources, relative to what was compiled. */
  readonly folder: string;
  /** In that folder, without `.exe`. */
  readonly program: string;
  readonly args: readonly string[];
}

/** A Node program has a launcher of its own already: the sidecar's takes its place. */
function startOfNode(name: string): Start {
  return { folder: contentFolder(name), program: 'node', args: [`./${bundleName(name)}`] };
}

/** Where the executable's name is a link, what it leads to is started: a copy elsewhere would not find its files. */
async function startOfFolder({ files }: BuilderContext, { path: folder, executable }: CompiledProgram): Promise<Start> {
  const named = path.join(folder, executable);
  if ((await files.stat(named))?.kind !== 'link') return { folder: '.', program: executable.replace(/\.exe$/i, ''), args: [] };
  const target = posix.normalize((await files.readLink(named)).replaceAll('\\', '/'));
  await files.remove(named);
  return { folder: '.', program: target, args: [] };
}

/**
 * Tauri's bundler copies what a link to a file leads to and passes over links to folders, so a link would ship as something else
 * than what was checked: what it leads to takes its place here.
 * @throws SlipwayError `package-collision` for one that leads out of the folder
 */
async function replaceLinks(context: BuilderContext, root: string, folder = root): Promise<void> {
  for (const { name, kind } of await context.files.list(folder)) {
    const place = path.join(folder, name);
    if (kind === 'directory') await replaceLinks(context, root, place);
    if (kind !== 'link') continue;
    const target = await context.files.realPath(place);
    const isInside = `${target}${path.sep}`.startsWith(`${await context.files.realPath(root)}${path.sep}`);
    if (!isInside || `${place}${path.sep}`.startsWith(`${target}${path.sep}`)) throw leadsOut(path.relative(root, place), target);
    await context.files.remove(place);
    await context.files.copy(target, place);
    if ((await context.files.stat(place))?.kind === 'directory') await replaceLinks(context, root, place);
  }
}

function leadsOut(link: string, target: string): SlipwayError {
  return new SlipwayError('package-collision', `the link '${link}' of a sidecar leads to '${target}', and a sidecar ships without links`, {
    hint: 'leave it out of what the compiler collects',
  });
}

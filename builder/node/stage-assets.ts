/** Owns `node.assets`: each file and folder laid beside the bundle, from the source or from what npm installed. */
import path from 'node:path';
import posix from 'node:path/posix';
import type { Job, JobNode } from '../../core/job/job';
import { assetPlace, assetSource, globBase, isGlob, isOfDependencies, matchesGlob, matchPlace } from '../../core/recipe/node-asset';
import { SlipwayError } from '../../core/slipway-error';
import type { BuilderContext } from '../builder-context';
import { inJob, projectDirectory, SOURCE_DIRECTORY } from '../job-layout';

/**
 * @param taken names beside the bundle that are not free: the runtime's, the bundle's
 * @returns what was laid down, relative to the bundle's folder, sorted
 * @throws SlipwayError `data-not-found`, `package-collision`
 */
export async function stageAssets(
  context: BuilderContext,
  job: Job,
  { name, node }: { readonly name: string; readonly node: JobNode },
  target: string,
  taken: readonly string[],
): Promise<readonly string[]> {
  const places = new Map<string, string>();
  for (const asset of node.assets) {
    const source = assetSource(asset);
    const key = `binaries.${name}.node.assets`;
    for (const { file, isFolder } of await findFiles(context, job, source, key)) {
      const place = isGlob(source) ? matchPlace(asset, file) : assetPlace(asset, isFolder);
      const inUse = taken.find((each) => each.toLowerCase() === place.split('/')[0]?.toLowerCase());
      if (place.startsWith('..') || posix.isAbsolute(place)) throw collision(`'${source}' would leave the folder of the program`, key);
      if (inUse !== undefined) throw collision(`'${source}' would lie at '${place}', where '${inUse}' of the program is`, key);
      const other = places.get(place);
      if (other !== undefined && other !== file) throw collision(`'${other}' and '${file}' would both lie at '${place}'`, key);
      places.set(place, file);
      await copyReal(
        context,
        inJob(context, posix.join(projectDirectory(job), file)),
        path.join(inJob(context, target), ...place.split('/')),
      );
    }
  }
  return [...places.keys()].sort();
}

function collision(message: string, key: string): SlipwayError {
  return new SlipwayError('package-collision', message, { hint: `give it another place under ${key}: { from: …, to: … }` });
}

interface FoundFile {
  /** Relative to the project folder. */
  readonly file: string;
  readonly isFolder: boolean;
}

async function findFiles(context: BuilderContext, job: Job, source: string, key: string): Promise<readonly FoundFile[]> {
  const project = projectDirectory(job);
  const wanted = posix.join(project, isGlob(source) ? globBase(source) : source);
  if (wanted !== SOURCE_DIRECTORY && !wanted.startsWith(`${SOURCE_DIRECTORY}/`)) {
    throw new SlipwayError('data-not-found', `'${source}' is not below the folder that source.root names`, { hint: `correct ${key}` });
  }
  const kind = await realKind(context, inJob(context, wanted));
  const isThere = isGlob(source) ? kind === 'directory' : kind === 'file' || kind === 'directory';
  if (isThere && !isGlob(source)) return [{ file: posix.normalize(source).replace(/\/$/, ''), isFolder: kind === 'directory' }];
  const matches = isThere ? await globFiles(context, job, source) : [];
  if (matches.length > 0) return matches.map((file) => ({ file, isFolder: false }));
  throw new SlipwayError('data-not-found', isGlob(source) ? `nothing matches '${source}'` : `there is no '${source}'`, {
    hint: isOfDependencies(source)
      ? `correct ${key}: the package may not hold it in the version of the lock`
      : `correct ${key}, or bring the file in by source.include; slipway plan --files lists what the archive holds`,
  });
}

async function globFiles(context: BuilderContext, job: Job, source: string): Promise<readonly string[]> {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const { name } of await context.files.list(inJob(context, posix.join(projectDirectory(job), folder)))) {
      const file = folder === '.' ? name : `${folder}/${name}`;
      const kind = await realKind(context, inJob(context, posix.join(projectDirectory(job), file)));
      if (kind === 'directory' && (name !== 'node_modules' || isOfDependencies(source))) await visit(file);
      else if (kind === 'file' && matchesGlob(source, file)) found.push(file);
    }
  };
  await visit(globBase(source));
  return found;
}

async function realKind({ files }: BuilderContext, place: string): Promise<'file' | 'directory' | undefined> {
  const stat = await files.stat(place);
  const real = stat?.kind === 'link' ? await files.stat(await files.realPath(place).catch(() => place)) : stat;
  return real?.kind === 'file' || real?.kind === 'directory' ? real.kind : undefined;
}

/** What a link leads to: the folder of an npm workspace is one, and would lead nowhere in the package. */
async function copyReal({ files }: BuilderContext, from: string, to: string): Promise<void> {
  await files.copy(await files.realPath(from), to);
}

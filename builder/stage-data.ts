/**
 * Owns `include.data`: every file and folder is laid out as it shall lie beside the program,
 * so that the compilers get one folder each and no guess whether a path is a file.
 */
import path from 'node:path';
import posix from 'node:path/posix';
import type { JobBinary, JobPython } from '../core/job/job';
import { SlipwayError } from '../core/slipway-error';
import type { BuilderContext } from './builder-context';
import { inJob, SOURCE_DIRECTORY, type BinaryPaths } from './job-layout';

/**
 * @param projectDirectory relative to the job directory
 * @throws SlipwayError `data-not-found`, `package-collision`
 */
export async function stageData(
  context: BuilderContext,
  binary: JobBinary,
  python: JobPython,
  paths: BinaryPaths,
  projectDirectory: string,
): Promise<void> {
  const key = `binaries.${binary.name}.python.include.data`;
  for (const { from, to } of python.include.data) {
    const wanted = posix.join(projectDirectory, from.replaceAll('\\', '/'));
    if (wanted !== SOURCE_DIRECTORY && !wanted.startsWith(`${SOURCE_DIRECTORY}/`)) {
      throw new SlipwayError('data-not-found', `'${from}' is not below the folder that source.root names`, { hint: `correct ${key}` });
    }
    const source = inJob(context, wanted);
    const target = posix.normalize(to.replaceAll('\\', '/'));
    if (target.startsWith('..') || posix.isAbsolute(target)) {
      throw new SlipwayError('package-collision', `'${to}' leaves the folder of the program`, {
        hint: `name a path below it under ${key}`,
      });
    }
    const found = await context.files.stat(source);
    if (found === undefined) {
      throw new SlipwayError('data-not-found', `there is no '${from}' in the source archive`, {
        hint: `correct ${key}, or bring the file in by source.include; slipway plan --files lists what the archive holds`,
      });
    }
    const isInto = found.kind !== 'directory' && (to.endsWith('/') || target === '.');
    const place = path.join(
      inJob(context, paths.dataDirectory),
      ...(isInto ? posix.join(target, posix.basename(from)) : target).split('/'),
    );
    await context.files.copy(source, place);
  }
}

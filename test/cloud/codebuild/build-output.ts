/**
 * Owns which files of a build become artifacts, and under which keys. Pure.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.artifacts.files
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html
 */
import path from 'node:path/posix';
import type { ProjectArtifacts } from '@aws-sdk/client-codebuild';
import type { SpecArtifacts } from './build-spec';

export interface SelectedFile {
  /** Relative to the source directory. */
  readonly from: string;
  /** Relative to the artifact. */
  readonly to: string;
}

/** Said of an upload that finds nothing; its status code is `CLIENT_ERROR`. */
export class OutputError extends Error {}

/**
 * @param files every file of the build, relative to `CODEBUILD_SRC_DIR`
 * @throws OutputError
 */
export function selectOutput(spec: SpecArtifacts, files: readonly string[]): readonly SelectedFile[] {
  const bases = baseDirectories(spec.baseDirectory, files);
  if (bases.length === 0) throw new OutputError(`no matching base directory path found for ${spec.baseDirectory ?? ''}`);
  const selected = bases.flatMap((base) => {
    const below = base === '' ? files : files.filter((file) => file.startsWith(`${base}/`));
    return below
      .map((file) => ({ from: file, to: base === '' ? file : file.slice(base.length + 1) }))
      .filter(({ to }) => spec.files.some((glob) => patternOf(glob).test(to)))
      .filter(({ to }) => !spec.excluded.some((glob) => patternOf(glob).test(to)))
      .map(({ from, to }) => ({ from, to: spec.isFlat ? path.basename(to) : to }));
  });
  if (selected.length === 0) throw new OutputError('no matching artifact paths found');
  return selected;
}

function baseDirectories(glob: string | undefined, files: readonly string[]): readonly string[] {
  const base = glob === undefined ? '' : path.normalize(glob).replace(/\/$/, '');
  if (base === '' || base === '.') return [''];
  const pattern = patternOf(base);
  const depth = base.split('/').length;
  const directories = files.flatMap((file) => {
    const parts = file.split('/');
    return parts.length > depth ? [parts.slice(0, depth).join('/')] : [];
  });
  return [...new Set(directories)].filter((directory) => pattern.test(directory));
}

/** `**` + slash stands for any folders, `*` for a part of a name. */
function patternOf(glob: string): RegExp {
  const source = path
    .normalize(glob)
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      if (part === '**/') return '(?:.*/)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      return part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}

export interface ArtifactPlacement {
  readonly bucket: string;
  /** With packaging NONE a folder, whose name ends in no slash; with ZIP the key of one object. */
  readonly key: string;
  readonly isZip: boolean;
  readonly encryption: 'aws:kms' | 'none';
}

/**
 * "If path is set to MyArtifacts, namespaceType is set to BUILD_ID, and name is set to MyArtifact.zip, then the output artifact is
 * stored in MyArtifacts/<build-ID>/MyArtifact.zip"; a name of `/` stands for none; with packaging NONE "CodeBuild creates in the
 * output bucket a folder that contains the build output".
 */
export function placeOf(
  artifacts: ProjectArtifacts,
  build: { readonly projectName: string; readonly uuid: string },
  specName?: string,
): ArtifactPlacement {
  const name = (artifacts.overrideArtifactName === true ? specName : undefined) ?? artifacts.name ?? build.projectName;
  const parts = [artifacts.path ?? '', artifacts.namespaceType === 'BUILD_ID' ? build.uuid : '', name === '/' ? '' : name];
  return {
    bucket: artifacts.location ?? '',
    key: parts
      .map((part) => part.replace(/^\/+|\/+$/g, ''))
      .filter((part) => part !== '')
      .join('/'),
    isZip: artifacts.packaging === 'ZIP',
    encryption: artifacts.encryptionDisabled === true ? 'none' : 'aws:kms',
  };
}

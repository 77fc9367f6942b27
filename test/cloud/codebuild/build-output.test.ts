import { OutputError, placeOf, selectOutput } from './build-output';
import type { SpecArtifacts } from './build-spec';

const spec = (change: Partial<SpecArtifacts>): SpecArtifacts => ({
  files: ['**/*'],
  excluded: [],
  baseDirectory: undefined,
  isFlat: false,
  name: undefined,
  ...change,
});

/** The tree of the documentation's own example. */
const TREE = ['my-build1/my-file1.txt', 'my-build2/my-file2.txt', 'my-build2/my-subdirectory/my-file3.txt'];

describe('what is selected', () => {
  test.each([
    ['all', spec({}), TREE],
    ['the files of a folder, without its name', spec({ baseDirectory: 'my-build2' }), ['my-file2.txt', 'my-subdirectory/my-file3.txt']],
    [
      'a folder below the base directory',
      spec({ baseDirectory: 'my-build2', files: ['*/my-file3.txt'] }),
      ['my-subdirectory/my-file3.txt'],
    ],
    [
      'several base directories, flat',
      spec({ baseDirectory: 'my-build*', isFlat: true }),
      ['my-file1.txt', 'my-file2.txt', 'my-file3.txt'],
    ],
    ['one level only', spec({ baseDirectory: 'my-build2', files: ['*'] }), ['my-file2.txt']],
    ['a file by its name', spec({ files: ['./my-build1/my-file1.txt'] }), ['my-build1/my-file1.txt']],
    ['all but what is excluded', spec({ excluded: ['**/my-subdirectory/**/*'] }), TREE.slice(0, 2)],
  ])('%s', (_, artifacts, expected) => {
    expect(selectOutput(artifacts, TREE).map((file) => file.to)).toEqual(expected);
  });

  test('names with signs that mean something to a pattern', () => {
    const files = ['out/a+b (1).zip', 'out/größe.tar.gz', 'out/.hidden'];
    expect(selectOutput(spec({ baseDirectory: 'out' }), files).map((file) => file.to)).toEqual(['a+b (1).zip', 'größe.tar.gz', '.hidden']);
    expect(selectOutput(spec({ baseDirectory: 'out', files: ['a+b (1).zip'] }), files)).toHaveLength(1);
  });

  test('nothing that fits is an error, in CodeBuild’s words', () => {
    expect(() => selectOutput(spec({ files: ['*.zip'] }), TREE)).toThrow(new OutputError('no matching artifact paths found'));
    expect(() => selectOutput(spec({ baseDirectory: 'out' }), TREE)).toThrow(
      new OutputError('no matching base directory path found for out'),
    );
  });
});

describe('where it goes', () => {
  const build = { projectName: 'demo', uuid: 'b1e6661e-e4f2-4156-9ab9-82a19d000000' };

  test.each([
    [
      'path, namespace and name',
      { path: 'MyArtifacts', namespaceType: 'BUILD_ID', name: 'MyArtifact.zip' },
      `MyArtifacts/${build.uuid}/MyArtifact.zip`,
    ],
    ['no namespace', { path: 'MyArtifacts', namespaceType: 'NONE', name: 'MyArtifact.zip' }, 'MyArtifacts/MyArtifact.zip'],
    ['the root', { namespaceType: 'NONE', name: '/' }, ''],
    ['a name that stands for none', { path: 'MyArtifacts', namespaceType: 'BUILD_ID', name: '/' }, `MyArtifacts/${build.uuid}`],
    ['the project’s name where none is given', { path: 'a/b' }, 'a/b/demo'],
  ] as const)('%s', (_, artifacts, key) => {
    expect(placeOf({ type: 'S3', location: 'bucket', ...artifacts }, build).key).toBe(key);
  });

  test('the name of the buildspec counts only where it is asked for', () => {
    const artifacts = { type: 'S3', location: 'bucket', name: 'mine' } as const;
    expect(placeOf(artifacts, build, 'theirs').key).toBe('mine');
    expect(placeOf({ ...artifacts, overrideArtifactName: true }, build, 'theirs').key).toBe('theirs');
  });

  test('objects get a KMS key unless encryption is disabled', () => {
    const artifacts = { type: 'S3', location: 'bucket' } as const;
    expect(placeOf(artifacts, build).encryption).toBe('aws:kms');
    expect(placeOf({ ...artifacts, encryptionDisabled: true }, build).encryption).toBe('none');
  });
});

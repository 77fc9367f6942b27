import { BuildSpecError, parseBuildSpec } from './build-spec';

const WHOLE = `
version: 0.2
env:
  shell: bash
  variables:
    NAME: value
    COUNT: 3
  parameter-store:
    PASSWORD: /slipway/prod/password
phases:
  install:
    runtime-versions:
      nodejs: 22
    commands:
      - echo install
  build:
    on-failure: ABORT
    commands:
      - |
        echo one
        echo two
      - "echo a: b"
    finally:
      - echo always
artifacts:
  files: ['**/*']
  base-directory: out
  discard-paths: no
cache:
  paths: ['/root/cache/**/*']
`;

test('a whole buildspec is read', () => {
  expect(parseBuildSpec(WHOLE)).toEqual({
    shell: 'bash',
    variables: { NAME: 'value', COUNT: '3' },
    parameters: { PASSWORD: '/slipway/prod/password' },
    phases: {
      INSTALL: { commands: ['echo install'], finally: [], onFailure: undefined },
      PRE_BUILD: { commands: [], finally: [], onFailure: undefined },
      BUILD: { commands: ['echo one\necho two\n', 'echo a: b'], finally: ['echo always'], onFailure: 'ABORT' },
      POST_BUILD: { commands: [], finally: [], onFailure: undefined },
    },
    artifacts: { files: ['**/*'], excluded: [], baseDirectory: 'out', isFlat: false, name: undefined },
  });
});

test('sh is the shell of a buildspec that names none', () => {
  expect(parseBuildSpec('version: 0.2\nphases: {}\n').shell).toBe('sh');
});

test.each([
  [
    'a command that YAML reads as a map',
    'version: 0.2\nphases:\n  build:\n    commands:\n      - echo a: b\n',
    /phases\.build\.commands\.0/,
  ],
  ['braces that YAML reads as a map', 'version: 0.2\nphases:\n  build:\n    commands:\n      - {}\n', /phases\.build\.commands\.0/],
  ['text that is no YAML', 'version: 0.2\n  phases: [', /wrong yaml format/],
  ['another version', 'version: 0.1\nphases: {}\n', /version/],
  ['a phase that there is not', 'version: 0.2\nphases:\n  compile: {}\n', /compile/],
  ['a shell that this host has not', 'version: 0.2\nenv: { shell: powershell.exe }\nphases: {}\n', /powershell/],
])('%s is refused', (_, text, message) => {
  expect(() => parseBuildSpec(text)).toThrow(message);
  expect(() => parseBuildSpec(text)).toThrow(BuildSpecError);
});

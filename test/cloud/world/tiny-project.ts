/** A project that is packed and sent in no time. What the fake builder makes of it stands in its description. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TinyProject {
  readonly directory: string;
  readonly name: string;
  /** Writes a file of the source. */
  put(file: string, content: string): void;
  remove(): void;
}

export interface TinyProjectOptions {
  readonly name?: string;
  readonly platforms?: readonly string[];
  /** A mood of test/fixtures/fake-builder.mjs. */
  readonly mood?: 'succeed' | 'fail' | 'crash' | 'hang';
}

export function makeTinyProject({ name = 'tiny', platforms = ['linux-x86_64'], mood = 'succeed' }: TinyProjectOptions = {}): TinyProject {
  const directory = mkdtempSync(path.join(tmpdir(), 'slipway-tiny-'));
  const put = (file: string, content: string) => {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), content);
  };
  put('main.py', `print("${name}")\n`);
  put('requirements.txt', '');
  put(
    'slipway.yaml',
    [
      'schema: 1',
      `name: ${name}`,
      'version: "1.0.0"',
      `description: ${mood}`,
      'binaries:',
      `  ${name}:`,
      '    python: { entry: main.py, version: "3.12", dependencies: { requirements: requirements.txt } }',
      `platforms: [${platforms.join(', ')}]`,
      '',
    ].join('\n'),
  );
  return {
    directory,
    name,
    put,
    remove: () => {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

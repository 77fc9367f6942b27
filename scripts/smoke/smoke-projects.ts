/** Owns the programs of a smoke run: as small as a program can be, with a check that holds, and one with a check that does not. */
import type { PlatformId } from '../../core/platform';
import type { SmokeWorld } from './smoke-world';

const NAME = 'slipway-smoke';

/** `hang` and `fail` are what the program does; where nothing is compiled, the description says it too. */
export type Mood = 'succeed' | 'fail' | 'hang';

const CHECKS: Readonly<Record<Mood, string>> = {
  succeed: `${NAME} {version}`,
  fail: 'something that it does not print',
  hang: `${NAME} {version}`,
};

export function makeProject(world: SmokeWorld, mood: Mood, platforms: readonly PlatformId[]): string {
  return world.folder(`project-${mood}-${platforms.join('-')}`, {
    'main.py': `import sys\n\nif "--version" in sys.argv:\n    print("${NAME} 1.0.0")\n`,
    'requirements.txt': '',
    'slipway.yaml': [
      'schema: 1',
      `name: ${NAME}`,
      'version: "1.0.0"',
      `description: ${mood}`,
      'binaries:',
      `  ${NAME}:`,
      '    python: { entry: main.py, version: "3.12", dependencies: { requirements: requirements.txt } }',
      `platforms: [${platforms.join(', ')}]`,
      'checks:',
      `  - { binary: ${NAME}, run: [--version], stdout: "${CHECKS[mood]}" }`,
      '',
    ].join('\n'),
  });
}

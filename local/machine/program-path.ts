/** Owns where a program is: the PATH of an environment as this system reads it. */
import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';

/** What Windows starts without a shell. The others of PATHEXT are scripts, which need one. */
const WINDOWS_PROGRAM = /\.(?:exe|com)$/i;

/** @returns the full path, or undefined */
export async function findOnPath(
  command: string,
  env: Readonly<Record<string, string>>,
  nodePlatform: NodeJS.Platform,
): Promise<string | undefined> {
  const isWindows = nodePlatform === 'win32';
  const rules = isWindows ? path.win32 : path.posix;
  const variable = (name: string) => Object.entries(env).find(([key]) => (isWindows ? key.toUpperCase() === name : key === name))?.[1];
  const extensions = isWindows && !WINDOWS_PROGRAM.test(command) ? ['.com', '.exe'] : [''];
  const directories = rules.isAbsolute(command)
    ? ['']
    : (variable('PATH') ?? '')
        .split(rules.delimiter)
        .map((directory) => (isWindows ? directory.replaceAll('"', '') : directory))
        .filter((directory) => directory !== '');
  for (const directory of directories) {
    for (const extension of extensions) {
      const candidate = directory === '' ? command + extension : rules.join(directory, command + extension);
      if (await isExecutableFile(candidate, isWindows)) return candidate;
    }
  }
  return undefined;
}

async function isExecutableFile(file: string, isWindows: boolean): Promise<boolean> {
  try {
    if (!(await stat(file)).isFile()) return false;
    await access(file, isWindows ? constants.F_OK : constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

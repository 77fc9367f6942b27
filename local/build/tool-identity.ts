/**
 * Owns the text that names what on this machine decides a build's result: the builder with the tools pinned in it,
 * the compilers and interpreters that are found, and the variables that they read.
 * It is asked on every start-build, so it looks at files and starts nothing.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Files } from '../../core/ports/files';
import type { Processes } from '../../core/ports/processes';
import { hasCode } from '../../core/build/stored-build';

const PROGRAMS = ['gcc', 'g++', 'cc', 'clang', 'cl', 'ld', 'patchelf', 'python3', 'python', 'node'] as const;
const PYTHON_MINORS = [8, 9, 10, 11, 12, 13, 14] as const;
const VARIABLES =
  /^(CC|CXX|LD|AR|CFLAGS|CCFLAGS|CXXFLAGS|CPPFLAGS|LDFLAGS|SLIPWAY_PYTHON|NUITKA_.*|SDKROOT|MACOSX_DEPLOYMENT_TARGET|VCINSTALLDIR|WindowsSdkDir)$/;

export interface ToolIdentityPorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly environment: Readonly<Record<string, string>>;
  readonly userDirectory: string;
  /** The bundled builder, absolute. */
  readonly builderPath: string;
  /** The system's name and release. */
  readonly system: string;
}

/** @returns undefined where the builder is not there: nothing could be built, and nothing may be reused */
export async function describeTools(ports: ToolIdentityPorts): Promise<string | undefined> {
  if ((await ports.files.stat(ports.builderPath)) === undefined) return undefined;
  const names = [...PROGRAMS, ...PYTHON_MINORS.map((minor) => `python3.${minor}`)];
  const named = (ports.environment.SLIPWAY_PYTHON ?? '').split(path.delimiter).filter((file) => path.isAbsolute(file));
  const [builder, programs, pythons, namedPythons] = await Promise.all([
    ports.files.readBytes(ports.builderPath),
    Promise.all(names.map((name) => describeProgram(ports, name))),
    listNames(ports.files, path.join(ports.userDirectory, '.pyenv', 'versions')),
    Promise.all(named.map((file) => describeFile(ports.files, file))),
  ]);
  const variables = Object.entries(ports.environment).filter(([name]) => VARIABLES.test(name));
  return JSON.stringify({
    builder: createHash('sha256').update(builder).digest('hex'),
    system: ports.system,
    programs,
    pythons,
    ...(namedPythons.length === 0 ? {} : { namedPythons }),
    variables: variables.sort(([a], [b]) => (a < b ? -1 : 1)),
  });
}

async function describeProgram({ files, processes, environment }: ToolIdentityPorts, name: string): Promise<string> {
  const found = await processes.find(name, environment);
  return found === undefined ? `${name}: none` : `${name}: ${await describeFile(files, found)}`;
}

async function describeFile(files: Files, found: string): Promise<string> {
  // The Microsoft Store's aliases are files that lead nowhere that could be asked for.
  const real = await files.realPath(found).catch(() => found);
  const stat = await files.stat(real).catch(() => undefined);
  return `${real} ${stat?.sizeBytes ?? 0} ${Math.round(stat?.modifiedAtMs ?? 0)}`;
}

async function listNames(files: Files, directory: string): Promise<readonly string[]> {
  try {
    return (await files.list(directory)).map((entry) => entry.name);
  } catch (thrown) {
    if (hasCode(thrown, 'file-not-found')) return [];
    throw thrown;
  }
}

/** Owns asking one interpreter what it is. A file that does not answer like a CPython of this host is none. */
import path from 'node:path';
import { z } from 'zod';
import type { PythonInstallation } from '../../core/host/host';
import { PLATFORMS, type Architecture } from '../../core/platform';
import { isSlipwayError } from '../../core/slipway-error';
import { environmentWithoutPython } from '../tool-environment';
import type { ToolchainContext } from '../toolchain-context';

const PROBE_TIMEOUT_MS = 10_000;

/** Works from Python 3.6 on. `-S`: a broken site-packages must not hide the interpreter. */
const PROBE = `
import json, os, platform, sys, sysconfig
var = sysconfig.get_config_var
include = sysconfig.get_paths()['include']
name = var('INSTSONAME') or var('LDLIBRARY') or ''
# The second is for one that was moved: its configuration still names the place where it was built.
places = [os.path.join(place, name) for place in (var('LIBDIR') or '', os.path.join(sys.base_prefix, 'lib')) if '.so' in name]
print(json.dumps({
    'version': '.'.join(map(str, sys.version_info[:3])),
    'isFinal': sys.version_info[3] == 'final',
    'implementation': sys.implementation.name,
    'machine': platform.machine(),
    'is64Bit': sys.maxsize > 2**32,
    'isOrdinary': not var('Py_GIL_DISABLED') and not var('Py_DEBUG'),
    'isVirtual': sys.prefix != sys.base_prefix,
    'baseExecutable': getattr(sys, '_base_executable', None) or sys.executable,
    'hasHeaders': os.path.exists(os.path.join(include, 'Python.h')),
    'sharedLibrary': next(filter(os.path.exists, places), None),
    'moduleDirectory': next((place for place in sys.path if os.path.basename(place) == 'lib-dynload'), None),
    'isStandaloneBuild': bool(var('PYTHON_BUILD_STANDALONE')),
}))
`;

const AnswerSchema = z.object({
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  isFinal: z.boolean(),
  implementation: z.string(),
  machine: z.string(),
  is64Bit: z.boolean(),
  isOrdinary: z.boolean(),
  isVirtual: z.boolean(),
  baseExecutable: z.string(),
  hasHeaders: z.boolean(),
  sharedLibrary: z.string().nullable(),
  moduleDirectory: z.string().nullish(),
  isStandaloneBuild: z.boolean(),
});

const ARCHITECTURE_OF_MACHINE: Readonly<Record<string, Architecture>> = {
  x86_64: 'x86_64',
  amd64: 'x86_64',
  arm64: 'arm64',
  aarch64: 'arm64',
};

/**
 * @param provider who provides it, as the place where it was found says
 * @returns undefined for what does not start, is no final CPython of this host's architecture, or a free-threaded or debug build
 */
export async function probePython(
  context: ToolchainContext,
  executable: string,
  provider: string,
): Promise<PythonInstallation | undefined> {
  const answer = await ask(context, executable);
  if (answer?.implementation !== 'cpython' || !answer.isFinal || !answer.isOrdinary || !answer.is64Bit) return undefined;
  const architecture = ARCHITECTURE_OF_MACHINE[answer.machine.toLowerCase()];
  if (architecture !== PLATFORMS[context.platform].arch) return undefined;
  // A virtual environment's interpreter stands for the one that it was made from.
  if (answer.isVirtual) return answer.baseExecutable === executable ? undefined : probePython(context, answer.baseExecutable, provider);
  return {
    path: executable,
    version: answer.version,
    provider,
    architecture,
    hasHeaders: answer.hasHeaders,
    ...(answer.sharedLibrary === null ? {} : { sharedLibraryPath: path.normalize(answer.sharedLibrary) }),
    ...(answer.moduleDirectory == null ? {} : { moduleDirectory: answer.moduleDirectory }),
    needsSharedLibpython: answer.isStandaloneBuild || provider === 'uv',
  };
}

async function ask(context: ToolchainContext, executable: string): Promise<z.infer<typeof AnswerSchema> | undefined> {
  try {
    const result = await context.processes.run({
      command: executable,
      args: ['-I', '-S', '-c', PROBE],
      cwd: context.userDirectory,
      env: environmentWithoutPython(context.environment),
      timeoutMs: PROBE_TIMEOUT_MS,
    });
    const answer: unknown = result.exitCode === 0 ? JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') : undefined;
    return AnswerSchema.safeParse(answer).data;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || (isSlipwayError(thrown) && thrown.code === 'process-not-started')) return undefined;
    throw thrown;
  }
}

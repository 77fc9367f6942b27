/** Owns what is asked for when an environment is made: the program, the interpreter, the compiler, the places. */
import type { PythonInstallation } from '../../core/host/host';
import type { JobPython } from '../../core/job/job';
import type { PlatformId } from '../../core/platform';

export interface LinuxFloor {
  readonly platform: PlatformId;
  /** Such as 2.28. */
  readonly glibc: string;
}

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
  /** The oldest glibc that the program shall run on: what asks for a newer one is not installed, or refused by name. */
  readonly floor?: LinuxFloor;
  /** What Nuitka compiles C with where the machine's own compiler is not it. */
  readonly cCompiler?: 'zig';
  /** Names of variables of the caller's environment that hold secrets: they reach uv by environment only. */
  readonly secretNames: readonly string[];
}

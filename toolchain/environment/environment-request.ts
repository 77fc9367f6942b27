/** Owns what is asked for when an environment is made: the program, the interpreter, the compiler, the places. */
import type { PythonInstallation } from '../../core/host/host';
import type { JobPython } from '../../core/job/job';

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

/** Owns what is known of the machine that a build runs on. Finding it out belongs to `toolchain/`. */
import type { PlatformId } from './platform';

export interface PythonInstallation {
  /** Absolute path of the interpreter. */
  readonly path: string;
  /** Exact, such as 3.12.1. */
  readonly version: string;
  /** Who provides it: `uv`, `pyenv`, `system`, … */
  readonly provider: string;
}

export interface CCompiler {
  readonly path: string;
  readonly kind: 'gcc' | 'clang' | 'msvc' | 'mingw' | 'zig';
  readonly version: string;
}

export interface Host {
  readonly platform: PlatformId;
  readonly cpuCount: number;
  /** The C library's version on Linux, such as 2.36. */
  readonly glibc?: string;
  readonly cCompiler?: CCompiler;
  readonly ccachePath?: string;
  readonly python?: PythonInstallation;
  /** The glibc that the Python above itself needs: no binary made from it can need less. */
  readonly pythonGlibc?: string;
}

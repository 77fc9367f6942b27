/**
 * Owns what is known of the machine that a build runs on, and what it lacks for one.
 * Finding it out belongs to `toolchain/`.
 */
import type { Architecture, PlatformId } from '../platform';

/** The newest glibc that a file asks for. */
export interface GlibcNeed {
  /** Such as 2.28. */
  readonly version: string;
  /** Absolute. */
  readonly file: string;
  /** The module that brings the file, where it is a library of the system. */
  readonly module?: string;
}

export interface PythonInstallation {
  /** Absolute path of the interpreter. */
  readonly path: string;
  /** Exact, such as 3.12.1. */
  readonly version: string;
  /** Who provides it: `uv`, `pyenv`, `system`, … */
  readonly provider: string;
  /** What the interpreter itself was built for; another one than the host's is never used. */
  readonly architecture?: Architecture;
  /** Whether `Python.h` is there: Nuitka compiles against it. */
  readonly hasHeaders?: boolean;
  /** The shared libpython that the interpreter loads, absolute, where there is one. */
  readonly sharedLibraryPath?: string;
  /**
   * Whether Nuitka must be told `--static-libpython=no`: uv's standalone builds claim a static library in their
   * configuration and ship none that links.
   */
  readonly needsSharedLibpython?: boolean;
  /** Where its extension modules are, absolute. */
  readonly moduleDirectory?: string;
  /** What the interpreter and its library ask for, on Linux where it was measured: no program made from it can need less. */
  readonly glibc?: GlibcNeed;
  /** The same of its modules and of the system's libraries that they bring, highest first: a program that uses one ships it. */
  readonly moduleGlibc?: readonly GlibcNeed[];
}

export interface CCompiler {
  readonly path: string;
  readonly kind: 'gcc' | 'clang' | 'msvc' | 'mingw' | 'zig';
  readonly version: string;
}

/** A program that was found, with the version that it tells. */
export interface FoundTool {
  readonly path: string;
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
  /** The `ID` of /etc/os-release with its `ID_LIKE`, such as `['ubuntu', 'debian']`: it decides the command that gets a tool. */
  readonly distribution?: readonly string[];
  /** Every usable interpreter that was found, best first. */
  readonly pythons?: readonly PythonInstallation[];
  readonly uv?: FoundTool;
  readonly git?: FoundTool;
  readonly node?: FoundTool;
  readonly patchelf?: FoundTool;
  /** Free space where Slipway keeps its tools and builds. */
  readonly freeBytes?: number;
  /** `$SLIPWAY_HOME`. */
  readonly homeDirectory?: string;
}

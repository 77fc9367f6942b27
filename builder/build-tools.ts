/** Owns the list of what a build calls outside its own steps; handed in, so that the whole pipeline can be tried without any of it. */
import { inspectHost } from '../toolchain/host';
import { findPython } from '../toolchain/python/find-python';
import { preparePythonEnvironment } from '../toolchain/environment/python-environment';
import { ensureUv } from '../toolchain/uv/fetch-uv';
import { ensureEsbuild, ensureNodeRuntime } from '../toolchain/node/node-tools';
import { installNpmDependencies } from '../toolchain/node/npm-install';
import { compileLauncher } from './launcher/compile-launcher';
import { checkBinary } from './checks/gather-evidence';
import { takeInventory } from './sbom/take-inventory';
import { unpackSource } from './source/unpack-source';

export const BUILD_TOOLS = {
  inspectHost,
  ensureUv,
  findPython,
  preparePythonEnvironment,
  unpackSource,
  ensureEsbuild,
  ensureNodeRuntime,
  installNpmDependencies,
  compileLauncher,
  checkBinary,
  takeInventory,
} as const;

export type BuildTools = typeof BUILD_TOOLS;

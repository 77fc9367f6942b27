/** Owns the facts of the machine that this process runs on, read once. Entries read it; everything below is handed what it needs. */
import { availableParallelism, homedir } from 'node:os';
import path from 'node:path';
import { type PlatformId, platformOfHost } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';

export interface Machine {
  /** The environment of this process, without what is not set. */
  readonly environment: Readonly<Record<string, string>>;
  /** `$SLIPWAY_HOME`, absolute; default `.slipway` in the user's home. */
  readonly homeDirectory: string;
  /** The user's home. */
  readonly userDirectory: string;
  /** Where the process was started, absolute. */
  readonly workingDirectory: string;
  readonly platform: PlatformId;
  readonly cpuCount: number;
  /** The Node that runs this. */
  readonly nodePath: string;
}

/** @throws SlipwayError `host-not-supported` on a machine that Slipway has no name for, `file-not-found` in a folder that is gone */
export function readMachine(): Machine {
  const platform = platformOfHost(process.platform, process.arch);
  if (platform === undefined) {
    throw new SlipwayError('host-not-supported', `slipway does not run on '${process.platform}-${process.arch}'`, {
      hint: 'use Linux on x86_64 or arm64, macOS, or Windows on x86_64',
    });
  }
  const workingDirectory = workingDirectoryOf(() => process.cwd());
  const environment = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return {
    environment,
    homeDirectory: homeDirectoryOf(environment, homedir()),
    userDirectory: homedir(),
    workingDirectory,
    platform,
    cpuCount: availableParallelism(),
    nodePath: process.execPath,
  };
}

/** Set to nothing is not set: the folder that one happens to stand in is no home. */
export function homeDirectoryOf(environment: Readonly<Record<string, string>>, userDirectory: string): string {
  const { SLIPWAY_HOME = '' } = environment;
  return path.resolve(SLIPWAY_HOME === '' ? path.join(userDirectory, '.slipway') : SLIPWAY_HOME);
}

/** @throws SlipwayError `file-not-found` where somebody has removed the folder that the shell stands in */
export function workingDirectoryOf(read: () => string): string {
  try {
    return read();
  } catch (cause) {
    throw new SlipwayError('file-not-found', 'the folder that slipway was started in is gone', {
      hint: 'change to a folder that is there and run the command again',
      cause,
    });
  }
}

/** Owns fetching a program's dependencies as wheels for a target platform, on the admin's machine with the admin's credentials. */
import type { JobPython } from '../core/job';
import type { PlatformId } from '../core/platform';
import { SlipwayError } from '../core/slipway-error';
import type { ToolchainContext } from './toolchain-context';

export interface VendorRequest {
  /** Where slipway.yaml's paths are relative to, absolute. */
  readonly projectDirectory: string;
  /** Filled with wheels; made if it is not there. Absolute. */
  readonly vendorDirectory: string;
  readonly python: JobPython;
  readonly platform: PlatformId;
  readonly version: string;
}

export interface VendoredWheel {
  /** Absolute. */
  readonly file: string;
  readonly sha256: string;
}

/**
 * Fetches the wheels where `python.vendor` asks for it: `auto` only when the build could not get a dependency by itself
 * (a private index, a git or path dependency outside the tree).
 * @returns an empty list where nothing is to be vendored
 * @throws SlipwayError `vendor-impossible` for a native package that has no wheel for the platform
 */
export function vendorWheels(context: ToolchainContext, request: VendorRequest): Promise<readonly VendoredWheel[]> {
  context.log(request.vendorDirectory);
  return Promise.reject(new SlipwayError('internal', 'wheels are not fetched yet'));
}

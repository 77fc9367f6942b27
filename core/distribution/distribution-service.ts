/** Owns the calls about distributions that every target answers. */
import type { Distribution, DistributionState } from './distribution';
import type { Download } from './grants/download';
import type { PlatformId } from '../platform';
import type { SlipwayError } from '../slipway-error';

export type { Grant } from './distribution';

export interface DistributeRequest {
  /**
   * A build (id, prefix or `latest`), or a file of this machine that is handed out as it is.
   * A path has no name of its own: `name` says to which application it belongs.
   */
  readonly from:
    { readonly build: string; readonly name?: string } | { readonly path: string; readonly name: string; readonly version?: string };
  /** What the page calls the application; absent: its name. */
  readonly title?: string;
  /** Absent: every platform of the build. */
  readonly platforms?: readonly PlatformId[];
  readonly expiresHours: number;
  /** As typed, `me` among them; parsed and merged by the use-case. Empty means every address. */
  readonly allowedIps: readonly string[];
  readonly maxDownloads?: number;
  readonly link: 'gate' | 'direct';
  /** Files in which found secrets are accepted, by name. */
  readonly allowSecrets: readonly string[];
  /** Where the gate is reached, when the target cannot know: behind a proxy, or from another machine. */
  readonly baseUrl?: string;
}

export interface DistributionView {
  readonly distribution: Distribution;
  readonly state: DistributionState;
  /** 0 for a direct link, whose downloads nobody counts. */
  readonly grantCount: number;
  /** The link itself; only when it is made, and later only for the newest distribution of an application, whose token is kept. */
  readonly url?: string;
  /** What the person should know about a link that was made: one sentence each. */
  readonly warnings?: readonly string[];
}

type OnProblem = (problem: SlipwayError) => void;

export interface DistributionService {
  distribute(request: DistributeRequest): Promise<DistributionView>;
  /** The newest distribution of the application. */
  latest(name: string, options?: { readonly baseUrl?: string }): Promise<DistributionView>;
  /** Newest first. A record that cannot be read is left out and told to `onProblem`; without one it is thrown. */
  list(options: { readonly name?: string; readonly limit: number; readonly onProblem?: OnProblem }): Promise<readonly DistributionView[]>;
  /** Oldest first, problems as in `list`. `reference` is an id or a prefix of one. */
  downloads(reference: string, onProblem?: OnProblem): Promise<readonly Download[]>;
  /** Ends the link at once and deletes the distribution's copies. Revoking again finishes what was cut short. */
  revoke(reference: string): Promise<DistributionView>;
}

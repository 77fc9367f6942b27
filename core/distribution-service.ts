/** Owns the calls about distributions that every target answers. */
import type { Distribution } from './distribution';
import type { PlatformId } from './platform';

export interface DistributeRequest {
  /** A build (id, prefix or `latest`), or a file of this machine that is handed out as it is. */
  readonly from: { readonly build: string; readonly name?: string } | { readonly path: string };
  readonly platforms?: readonly PlatformId[];
  readonly expiresHours: number;
  /** As typed; parsed and merged by the use-case. Empty means every address. */
  readonly allowedIps: readonly string[];
  readonly maxDownloads?: number;
  readonly link: 'gate' | 'direct';
  /** Files in which found secrets are accepted, by name. */
  readonly allowSecrets: readonly string[];
}

export interface DistributionView {
  readonly distribution: Distribution;
  readonly state: 'live' | 'expired' | 'revoked' | 'exhausted';
  readonly grantCount: number;
  /** The link itself; only for the newest distribution of an application, whose token is kept. */
  readonly url?: string;
}

export interface Grant {
  readonly distId: string;
  readonly grantId: string;
  readonly file: string;
  readonly address: string;
  readonly grantedAt: string;
}

export interface DistributionService {
  distribute(request: DistributeRequest): Promise<DistributionView>;
  /** The newest distribution of the application. */
  latest(name: string): Promise<DistributionView>;
  list(options: { readonly name?: string; readonly limit: number }): Promise<readonly DistributionView[]>;
  downloads(distId: string): Promise<readonly Grant[]>;
  /** Ends the link at once and deletes the distribution's copies. */
  revoke(distId: string): Promise<DistributionView>;
}

/** Owns what making, removing and examining a deployment is asked, and what it tells. The adapter runs the CDK with its version pinned. */
import type { DeploymentConfig } from './deployment-config';
import type { DeploymentFacts } from './deployment-examination';
import type { DeploymentSettings } from './deployment-settings';
import type { QuotaFinding } from './quota-finding';

export interface DeployRequest {
  /** Read and judged before anything is called. */
  readonly settings: DeploymentSettings;
  /** Prepares account and region for the CDK where nobody did yet. */
  readonly bootstrap: boolean;
  /** Changes of rights are made without asking: who calls has no terminal, or has read the difference. */
  readonly isApproved: boolean;
}

export interface DestroyRequest {
  readonly settings: DeploymentSettings;
}

export interface DeployOutcome {
  readonly config: DeploymentConfig;
  readonly quotas: readonly QuotaFinding[];
  /** Why the quotas are not known, where they are not. */
  readonly quotaProblem?: string;
}

export interface DestroyOutcome {
  readonly cancelledBuilds: readonly string[];
  readonly removedParameters: number;
  readonly removedObjects: number;
  /** What a setting, or a late delivery of logs, keeps; each with the command that removes it. */
  readonly retained: readonly { readonly what: string; readonly command: string }[];
}

export interface Deployer {
  /** @throws SlipwayError `not-bootstrapped`, `wrong-account`, `deploy-failed`, or what a call says */
  deploy(request: DeployRequest): Promise<DeployOutcome>;
  /** @throws SlipwayError `deployment-not-found`, `wrong-account`, `destroy-failed`, or what a call says */
  destroy(request: DestroyRequest): Promise<DestroyOutcome>;
  /** What is there, as far as these credentials see it. Changes nothing, and throws nothing that it was to find out. */
  examine(): Promise<DeploymentFacts>;
}

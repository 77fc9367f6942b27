/**
 * Owns what a target can do for the command line. `local` answers on this machine, `aws` by the deployed Lambdas;
 * a command calls one of them and never asks which.
 */
import type { BuildService } from './build/build-service';
import type { DeploymentConfig } from './deployment/deployment-config';
import type { DistributionService } from './distribution/distribution-service';
import type { ServeGate } from './distribution/gate/gate-service';

export interface TargetServices {
  readonly builds: BuildService;
  readonly distributions: DistributionService;
  /** Only where it is a deployment that answers. */
  readonly deployment?: DeploymentConfig;
  /** Only where this machine runs the gate itself. */
  readonly serveGate?: ServeGate;
}

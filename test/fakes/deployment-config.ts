/** The configuration of a deployment, as its one parameter has it. */
import { API_VERSION, CALLED_FUNCTIONS } from '../../core/api/call';
import type { DeploymentConfig } from '../../core/deployment/deployment-config';

export function deploymentConfig(change: Partial<DeploymentConfig> = {}): DeploymentConfig {
  return {
    schemaVersion: 1,
    apiVersion: API_VERSION,
    slipwayVersion: '1.0.0',
    stage: 'prod',
    region: 'eu-central-1',
    account: '111122223333',
    bucket: 'artifacts',
    functions: Object.fromEntries(CALLED_FUNCTIONS.map((name) => [name, `fn-${name}`])) as DeploymentConfig['functions'],
    platforms: {
      'linux-x86_64': {
        project: 'p',
        computeType: 'BUILD_GENERAL1_MEDIUM',
        environment: 'LINUX_CONTAINER',
        image: 'an/image:1',
        timeoutMinutes: 120,
        queuedTimeoutMinutes: 480,
      },
    },
    gateUrl: 'https://gate.example/',
    concurrentJobs: 10,
    ...change,
  };
}

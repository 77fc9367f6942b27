/**
 * Owns the check that a template carries where nobody knows at synth which region it goes to: CloudFormation refuses it itself.
 * Where the region is known, `core/deployment/settings-rules.ts` has refused it before.
 */
import { Aws, CfnRule, Fn, Token, type Stack } from 'aws-cdk-lib';
import { regionsOf } from '../../core/deployment/aws-regions';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { machineOf, platformsOf } from '../../core/deployment/settings-rules';

export function refuseRegionsWithoutMachines(stack: Stack, settings: DeploymentSettings): void {
  if (!Token.isUnresolved(stack.region)) return;
  for (const [platform, own] of platformsOf(settings)) {
    const { environment } = machineOf(platform, own);
    const regions = regionsOf(environment);
    if (regions === undefined || own.allowUnlistedRegion) continue;
    new CfnRule(stack, `RegionOf-${platform}`, {
      assertions: [
        {
          assert: Fn.conditionContains([...regions], Aws.REGION),
          assertDescription: `CodeBuild has ${environment} in ${regions.join(', ')}: deploy there, or take ${platform} out of platforms`,
        },
      ],
    });
  }
}

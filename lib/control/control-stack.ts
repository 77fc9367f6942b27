/** The stack of what decides: functions, gate, parameters, events, notices, alarms, and the policies for people. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { machineOf, platformsOf } from '../../core/deployment/settings-rules';
import type { ProjectOfPlatform } from '../../lambda/environment';
import { projectNames } from '../builds/build-project';
import { alarmTable } from './alarm-table';
import { createAlarms } from './alarms';
import { createBuildEvents } from './build-events';
import { createConfigParameter } from './config-parameter';
import { createDashboard } from './dashboard';
import { Functions } from './functions';
import { GateApi } from './gate-api';
import { createLinkRole } from './link-role';
import { createNoticeTopic } from './notice-topic';
import { createOperatorPolicies } from './operator-policies';

export interface ControlStackProps extends StackProps {
  readonly settings: DeploymentSettings;
  readonly bucketName: string;
  readonly buildToolsDigest: string;
  /** Holds a folder with index.mjs for each function. */
  readonly functionsDirectory: string;
  readonly slipwayVersion: string;
}

export class ControlStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { settings, bucketName, buildToolsDigest, functionsDirectory, slipwayVersion, ...props }: ControlStackProps,
  ) {
    super(scope, id, { description: `Slipway ${settings.stage}: functions, gate and alarms`, ...props });
    const { stage } = settings;
    const projects = projectsOf(settings);
    const names = Object.values(projects).map(({ project }) => project);
    const topicArn = createNoticeTopic(this, 'Notices', settings);
    const gate = settings.gate === 'public' ? new GateApi(this, 'Gate', { settings }) : undefined;
    const functions = new Functions(this, {
      settings,
      bucketName,
      projects,
      topicArn,
      buildToolsDigest,
      codeDirectory: functionsDirectory,
      gateUrl: gate?.url ?? '',
    });
    gate?.answerBy(functions.get('gate').lambda);
    functions.useLinkRole(createLinkRole(this, 'LinkRole', { stage, bucketName, signers: functions.signers.map(({ role }) => role) }));
    createBuildEvents(this, functions, names);
    createConfigParameter(this, 'Config', { settings, bucketName, gateUrl: gate?.url ?? null, slipwayVersion });
    createOperatorPolicies(this, { stage, functions, projectNames: names });
    if (settings.alarms !== false) {
      const { functionNames, queueNames } = functions;
      const rows = alarmTable({ stage, settings: settings.alarms, functionNames, queueNames, bucketName, apiId: gate?.apiId });
      createAlarms(this, rows, { stage, topicArn });
    }
    if (settings.dashboard) createDashboard(this, stage);
    new CfnOutput(this, 'TopicArn', { value: topicArn, description: 'Ended builds and alarms are told here' });
    if (gate !== undefined) new CfnOutput(this, 'GateUrl', { value: gate.url, description: 'Links begin with it' });
  }
}

function projectsOf(settings: DeploymentSettings): Readonly<Record<string, ProjectOfPlatform>> {
  return Object.fromEntries(
    platformsOf(settings).map(([platform, own]) => {
      const { environment, computeType, timeoutMinutes } = machineOf(platform, own);
      return [platform, { ...projectNames(settings.stage, platform), environment, computeType, timeoutMinutes }];
    }),
  );
}

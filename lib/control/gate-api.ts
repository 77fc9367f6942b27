/**
 * Owns the address of the gate: an HTTP API in front of one function, throttled. Its access log never holds a path,
 * for the path of a link is its key.
 */
import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnApi, CfnIntegration, CfnRoute, CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { acknowledge } from '../acknowledge';
import { resourceName } from '../resource-names';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html */
const LOGGED = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  address: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
} as const;

export class GateApi extends Construct {
  /** `https://….execute-api.…/` */
  readonly url: string;
  readonly apiId: string;

  constructor(scope: Construct, id: string, { settings }: { readonly settings: DeploymentSettings }) {
    super(scope, id);
    const { stage, gateThrottle, dualStack, retentionDays } = settings;
    const api = new CfnApi(this, 'Api', {
      name: `slipway-${stage}`,
      description: `Slipway ${stage}: links`,
      protocolType: 'HTTP',
      ipAddressType: dualStack ? 'dualstack' : 'ipv4',
    });
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: resourceName.gateLogs(stage),
      retention: retentionDays.logs,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new CfnStage(this, 'Stage', {
      apiId: api.ref,
      stageName: '$default',
      autoDeploy: true,
      defaultRouteSettings: { throttlingRateLimit: gateThrottle.requestsPerSecond, throttlingBurstLimit: gateThrottle.burst },
      accessLogSettings: { destinationArn: logGroup.logGroupArn, format: JSON.stringify(LOGGED) },
    });
    this.apiId = api.ref;
    this.url = `https://${api.ref}.execute-api.${Stack.of(this).region}.${Aws.URL_SUFFIX}/`;
  }

  /** Everything below /d/ is the function's to answer, also what it refuses; everything else is no address here. */
  answerBy(lambda: IFunction): void {
    const integration = new CfnIntegration(this, 'Integration', {
      apiId: this.apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: lambda.functionArn,
      payloadFormatVersion: '2.0',
    });
    const route = new CfnRoute(this, 'Route', {
      apiId: this.apiId,
      routeKey: 'ANY /d/{proxy+}',
      target: `integrations/${integration.ref}`,
      authorizationType: 'NONE',
    });
    new CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: lambda.functionArn,
      principal: 'apigateway.amazonaws.com',
      sourceArn: Stack.of(this).formatArn({ service: 'execute-api', resource: this.apiId, resourceName: '*/*/d/{proxy+}' }),
    });
    acknowledge(
      route,
      'AwsSolutions-APIG4',
      'a link is the right itself, for people without AWS credentials; the gate checks expiry and address',
    );
  }
}

/** Owns finding the deployment that a command is about: one parameter tells everything that operators' tools need. */
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { API_VERSION } from '../../core/api/call';
import { DeploymentConfigSchema, type DeploymentConfig } from '../../core/deployment/deployment-config';
import { parameterName } from '../../core/deployment/parameter-names';
import { SlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';

export interface SoughtDeployment {
  readonly stage: string;
  /** Undefined where only the client's own configuration knows it. */
  readonly region: string | undefined;
  readonly clientVersion: string;
  /** Said where its credentials are missing. */
  readonly profile?: string;
}

/** @throws SlipwayError `deployment-not-found`, `deployment-mismatch`, `credentials-missing`, `credentials-expired`, `access-denied` */
export async function findDeployment(ssm: Pick<SSMClient, 'send'>, place: SoughtDeployment): Promise<DeploymentConfig> {
  const text = await readConfig(ssm, place);
  const body = parseJson(text);
  const read = DeploymentConfigSchema.safeParse(body);
  if (read.success && read.data.apiVersion === API_VERSION) return read.data;
  throw mismatch(place, body);
}

async function readConfig(ssm: Pick<SSMClient, 'send'>, place: SoughtDeployment): Promise<string> {
  const name = parameterName.config(place.stage);
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    return Parameter?.Value ?? '';
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'ParameterNotFound') throw notFound(place, name, thrown);
    throw awsFailure(thrown, {
      service: 'SSM',
      operation: `GetParameter '${name}'${place.profile === undefined ? '' : ` with profile '${place.profile}'`}`,
    });
  }
}

function notFound({ stage, region }: SoughtDeployment, parameter: string, cause: Error): SlipwayError {
  const where = region === undefined ? '' : ` in region '${region}'`;
  return new SlipwayError(
    'deployment-not-found',
    `there is no stage '${stage}'${where} of this account: parameter '${parameter}' is missing`,
    {
      hint: `name another with --stage, --region or --profile, or make it: slipway deploy --stage ${stage}`,
      details: { stage, parameter, ...(region === undefined ? {} : { region }) },
      cause,
    },
  );
}

function mismatch({ stage, clientVersion }: SoughtDeployment, body: unknown): SlipwayError {
  const told = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const deployed = typeof told.slipwayVersion === 'string' ? `slipway '${told.slipwayVersion}'` : 'another version of slipway';
  const isNewer = typeof told.apiVersion === 'number' && told.apiVersion > API_VERSION;
  return new SlipwayError(
    'deployment-mismatch',
    `stage '${stage}' was deployed by ${deployed}, which this slipway '${clientVersion}' does not understand`,
    {
      hint: isNewer
        ? 'update slipway to the version of the deployment'
        : `bring the deployment up to this version: slipway deploy --stage ${stage}`,
      details: { stage, client: clientVersion, clientApi: API_VERSION, deploymentApi: told.apiVersion ?? null },
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

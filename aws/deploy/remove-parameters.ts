/** Owns removing the parameters that functions made while they ran: no stack knows of them. */
import { DeleteParametersCommand, GetParametersByPathCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { parameterName } from '../../core/deployment/parameter-names';
import { awsFailure } from '../aws-failure';

/** What one call takes: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameters.html */
const MOST_NAMES = 10;

/** @returns how many there were, applications' secrets among them */
export async function removeParameters(client: Pick<SSMClient, 'send'>, stage: string): Promise<number> {
  const names = await namesBelow(client, parameterName.apps(stage));
  for (let start = 0; start < names.length; start += MOST_NAMES) {
    await client.send(new DeleteParametersCommand({ Names: names.slice(start, start + MOST_NAMES) })).catch((thrown: unknown) => {
      throw awsFailure(thrown, { service: 'SSM', operation: `DeleteParameters of stage '${stage}'` });
    });
  }
  return names.length;
}

async function namesBelow(client: Pick<SSMClient, 'send'>, path: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    // Without decryption: their names are enough.
    const command = new GetParametersByPathCommand({ Path: path, Recursive: true, ...(token === undefined ? {} : { NextToken: token }) });
    const page = await client.send(command).catch((thrown: unknown) => {
      throw awsFailure(thrown, { service: 'SSM', operation: `GetParametersByPath of '${path}'` });
    });
    names.push(...(page.Parameters ?? []).flatMap(({ Name }) => (Name === undefined ? [] : [Name])));
    token = page.NextToken;
  } while (token !== undefined);
  return names;
}

/**
 * The Parameters port on SSM's Parameter Store. Values are small and few; what must not be lost is in the ledger.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 */
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { Parameters } from '../../core/ports/parameters';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';

/** A standard parameter's value. Advanced ones hold 8 KB and cost money; a tier cannot be taken back. */
export const LARGEST_PARAMETER_BYTES = 4096;
/** Of reading what was just written, before it counts as lost. */
const MOST_READS = 3;

export interface SsmParametersOptions {
  readonly client: Pick<SSMClient, 'send'>;
  /** Where an account's policies demand tags on what is made: a parameter is then created with them, and overwritten without. */
  readonly tags?: Readonly<Record<string, string>>;
}

interface Stored {
  readonly value: string | undefined;
  readonly version: number;
}

export function createSsmParameters({ client, tags = {} }: SsmParametersOptions): Parameters {
  return {
    async read(name) {
      return (await get(client, name))?.value;
    },
    async write(name, value, { isSecret = false } = {}) {
      assertFits(name, value);
      try {
        const version = await put(client, { name, value, isSecret, tags });
        await assertWritten(client, name, version);
      } catch (thrown) {
        throw notWritten(name, thrown);
      }
    },
    async remove(name) {
      try {
        await client.send(new DeleteParameterCommand({ Name: name }));
      } catch (thrown) {
        if (nameOf(thrown) === 'ParameterNotFound') return;
        throw awsFailure(thrown, { service: 'SSM', operation: `DeleteParameter '${name}'` });
      }
    },
  };
}

async function get(client: SsmParametersOptions['client'], name: string): Promise<Stored | undefined> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    return { value: Parameter?.Value, version: Parameter?.Version ?? 0 };
  } catch (thrown) {
    if (nameOf(thrown) === 'ParameterNotFound') return undefined;
    throw awsFailure(thrown, { service: 'SSM', operation: `GetParameter '${name}'` });
  }
}

interface Written {
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** @returns the version that was made */
async function put(client: SsmParametersOptions['client'], { name, value, isSecret, tags }: Written): Promise<number> {
  const parameter = { Name: name, Value: value, Type: isSecret ? 'SecureString' : 'String', Tier: 'Standard' } as const;
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const send = async (how: { readonly Overwrite: boolean; readonly Tags?: typeof Tags }): Promise<number> => {
    try {
      return (await client.send(new PutParameterCommand({ ...parameter, ...how }))).Version ?? 0;
    } catch (thrown) {
      if (nameOf(thrown) === 'ParameterAlreadyExists') throw thrown;
      throw awsFailure(thrown, { service: 'SSM', operation: `PutParameter '${name}'` });
    }
  };
  if (Tags.length === 0) return send({ Overwrite: true });
  try {
    // Tags and Overwrite exclude each other.
    return await send({ Overwrite: false, Tags });
  } catch (thrown) {
    if (nameOf(thrown) !== 'ParameterAlreadyExists') throw thrown;
    return send({ Overwrite: true });
  }
}

/** Reads again what was written. A later version is another writer's, who came after. */
async function assertWritten(client: SsmParametersOptions['client'], name: string, version: number): Promise<void> {
  for (let reads = 0; reads < MOST_READS; reads++) {
    const stored = await get(client, name);
    if (stored !== undefined && stored.version >= version) return;
  }
  throw new SlipwayError('parameter-not-written', `'${name}' is not there after it was written`, { hint: 'run the command again' });
}

function assertFits(name: string, value: string): void {
  const sizeBytes = Buffer.byteLength(value);
  if (sizeBytes <= LARGEST_PARAMETER_BYTES) return;
  throw new SlipwayError(
    'parameter-not-written',
    `'${name}' was not written: its value has '${sizeBytes}' bytes, and a parameter holds ${LARGEST_PARAMETER_BYTES}`,
    { hint: `the value that was there still is; see it with aws ssm get-parameter --name ${name}`, details: { name, sizeBytes } },
  );
}

function notWritten(name: string, cause: unknown): SlipwayError {
  const why = isSlipwayError(cause) ? cause : awsFailure(cause, { service: 'SSM', operation: `PutParameter '${name}'` });
  if (why.code === 'parameter-not-written') return why;
  return new SlipwayError('parameter-not-written', `'${name}' was not written: ${why.message}`, {
    ...(why.hint === undefined ? {} : { hint: why.hint }),
    details: { ...why.details, name, reason: why.code },
    cause: why,
  });
}

function nameOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? thrown.name : undefined;
}

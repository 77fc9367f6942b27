/** What deploy and destroy do themselves in an account: reading quotas, emptying the bucket, removing parameters. */
import { emptyBucket, stopLogging } from '../../../aws/deploy/empty-bucket';
import { readQuotas } from '../../../aws/deploy/read-quotas';
import { removeParameters } from '../../../aws/deploy/remove-parameters';

interface Sent {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A client that answers by the command's name, each time with the next answer. */
function clientAnswering(answers: Readonly<Record<string, readonly unknown[]>>) {
  const sent: Sent[] = [];
  const used = new Map<string, number>();
  const send = (command: { readonly constructor: { readonly name: string }; readonly input: Sent['input'] }) => {
    const { name } = command.constructor;
    sent.push({ name, input: command.input });
    const count = used.get(name) ?? 0;
    used.set(name, count + 1);
    const answer = answers[name]?.[Math.min(count, (answers[name]?.length ?? 1) - 1)];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? {});
  };
  return { sent, client: { send } as never };
}

describe('quotas', () => {
  const quota = (QuotaName: string, Value: number, QuotaCode = 'L-1') => ({ QuotaName, QuotaCode, Value });
  const machines = {
    'linux-x86_64': { environment: 'LINUX_CONTAINER', computeType: 'BUILD_GENERAL1_MEDIUM' },
    'windows-x86_64': { environment: 'WINDOWS_SERVER_2022_CONTAINER', computeType: 'BUILD_GENERAL1_MEDIUM' },
  };
  const found = async (quotas: readonly unknown[], lambdas = 1000) => {
    const { client } = clientAnswering({
      ListServiceQuotasCommand: [{ Quotas: quotas.slice(0, 1), NextToken: 'more' }, { Quotas: quotas.slice(1) }],
      GetAccountSettingsCommand: [{ AccountLimit: { ConcurrentExecutions: lambdas } }],
    });
    return readQuotas({ quotas: client, lambda: client }, { machines, concurrentJobs: 5 });
  };

  test('enough of everything is nothing to say', async () => {
    await expect(
      found([
        quota('Concurrently running builds for Linux/Medium environment', 60),
        quota('Concurrently running builds for Windows/Medium environment', 5),
      ]),
    ).resolves.toEqual([]);
  });

  test('only the size that is deployed counts, and none is worse than few', async () => {
    const findings = await found([
      quota('Concurrently running builds for Linux/Small environment', 1),
      quota('Concurrently running builds for Windows Server 2019/Medium environment', 1),
      quota('Concurrently running builds for Linux/Medium environment', 2, 'L-2D19D2E9'),
      quota('Concurrently running builds for Windows/Medium environment', 0),
    ]);
    expect(findings.map(({ quota: name, value }) => [name, value])).toEqual([
      ['CodeBuild: Concurrently running builds for Linux/Medium environment', 2],
      ['CodeBuild: Concurrently running builds for Windows/Medium environment', 0],
    ]);
    expect(findings[0]?.remedy).toContain('--quota-code L-2D19D2E9 --desired-value 5');
    expect(findings[1]?.remedy).toMatch(/^no windows-x86_64 build can start/);
  });

  test('a new account has ten Lambdas at once', async () => {
    expect(await found([], 10)).toEqual([expect.objectContaining({ quota: 'Lambda: concurrent executions', value: 10 })]);
  });
});

describe('the bucket', () => {
  test('every version and every marker goes, also those that come meanwhile', async () => {
    const { sent, client } = clientAnswering({
      ListObjectVersionsCommand: [
        { Versions: [{ Key: 'a', VersionId: '1' }], DeleteMarkers: [{ Key: 'b', VersionId: '2' }] },
        { Versions: [{ Key: 'c', VersionId: '3' }] },
        {},
      ],
    });
    await expect(emptyBucket(client, 'artifacts')).resolves.toBe(3);
    const deleted = sent.filter(({ name }) => name === 'DeleteObjectsCommand').map(({ input }) => input.Delete);
    expect(deleted).toEqual([
      {
        Quiet: true,
        Objects: [
          { Key: 'a', VersionId: '1' },
          { Key: 'b', VersionId: '2' },
        ],
      },
      { Quiet: true, Objects: [{ Key: 'c', VersionId: '3' }] },
    ]);
  });

  test('what cannot be deleted ends it by name, instead of going round for ever', async () => {
    const { client } = clientAnswering({
      ListObjectVersionsCommand: [{ Versions: [{ Key: 'a', VersionId: '1' }] }],
      DeleteObjectsCommand: [{ Errors: [{ Key: 'a', Code: 'AccessDenied', Message: 'no' }] }],
    });
    await expect(emptyBucket(client, 'artifacts')).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining("'a' of 'artifacts'") as string,
    });
  });

  test('access logs stop, and the bucket that has them is named', async () => {
    const { sent, client } = clientAnswering({ GetBucketLoggingCommand: [{ LoggingEnabled: { TargetBucket: 'logs' } }] });
    await expect(stopLogging(client, 'artifacts')).resolves.toBe('logs');
    expect(sent.at(-1)).toEqual({ name: 'PutBucketLoggingCommand', input: { Bucket: 'artifacts', BucketLoggingStatus: {} } });
  });
});

test('parameters go ten a call, from every page, and no value is read', async () => {
  const names = Array.from({ length: 23 }, (_value, index) => ({ Name: `/slipway/dev/apps/a/secrets/S${index}` }));
  const { sent, client } = clientAnswering({
    GetParametersByPathCommand: [{ Parameters: names.slice(0, 10), NextToken: 't' }, { Parameters: names.slice(10) }],
  });
  await expect(removeParameters(client, 'dev')).resolves.toBe(23);
  const asked = sent.filter(({ name }) => name === 'GetParametersByPathCommand');
  expect(asked.map(({ input }) => input)).toEqual([
    { Path: '/slipway/dev/apps', Recursive: true },
    { Path: '/slipway/dev/apps', Recursive: true, NextToken: 't' },
  ]);
  const deleted = sent.filter(({ name }) => name === 'DeleteParametersCommand').map(({ input }) => (input.Names as string[]).length);
  expect(deleted).toEqual([10, 10, 3]);
});

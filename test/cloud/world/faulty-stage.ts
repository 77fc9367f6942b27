/** A live stage whose functions reach S3 and the parameter store by lines that a test may disturb, and what else faults need. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { frameCall } from '../../../core/api/call';
import type { BuildRecord } from '../../../core/build/build-record';
import { storageKey } from '../../../core/storage-key';
import type { BuildEvent } from '../codebuild/ports';
import { createFaultLine, type FaultLine } from './fault-line';
import { useLiveStage, type LiveStage } from './live-stage';

export interface FaultyStage {
  readonly live: LiveStage;
  readonly lines: { readonly s3: FaultLine; readonly ssm: FaultLine };
  /** Lets the clock of CodeBuild's idempotency tokens go on. */
  passMinutes(minutes: number): void;
  /** The build in the record's own words, as if it had been asked for so much earlier. */
  age(buildId: string, minutes: number): Promise<void>;
  change(buildId: string, change: (record: BuildRecord) => unknown): Promise<void>;
  write(key: string, body: string): Promise<void>;
  /** A call as the command line makes it. @returns the envelope */
  invoke(
    name: string,
    call: unknown,
  ): Promise<{ readonly ok: boolean; readonly data?: unknown; readonly error?: { readonly code: string } }>;
  sweep(): Promise<void>;
  /** Resolves with the event that tells the end of the build's only job; it is kept from the functions. */
  endOf(buildId: string): Promise<BuildEvent>;
  /** Hands every event on again. */
  handOn(): void;
}

export function useFaultyStage(): FaultyStage {
  let lines: FaultyStage['lines'] | undefined;
  let aheadMs = 0;
  const linesOf = () => {
    if (lines === undefined) throw new Error('the lines are not there yet');
    return lines;
  };
  beforeAll(async () => {
    lines = { s3: await createFaultLine(), ssm: await createFaultLine() };
  });
  afterAll(async () => {
    await lines?.s3.close();
    await lines?.ssm.close();
  });
  const live = useLiveStage('prod', undefined, {
    environment: () => ({ AWS_ENDPOINT_URL_S3: linesOf().s3.url, AWS_ENDPOINT_URL_SSM: linesOf().ssm.url }),
    now: () => Date.now() + aheadMs,
  });
  beforeAll(() => {
    for (const line of Object.values(linesOf())) line.connectTo(live.world.cloud.endpoint);
  });
  const write: FaultyStage['write'] = async (Key, Body) => {
    await live.world.s3.send(new PutObjectCommand({ Bucket: live.deployment.config.bucket, Key, Body }));
  };
  const change: FaultyStage['change'] = async (buildId, changed) =>
    write(storageKey.buildRecord(buildId), JSON.stringify(changed(await live.deployment.record(buildId))));
  return {
    live,
    get lines() {
      return linesOf();
    },
    passMinutes: (minutes) => {
      aheadMs += minutes * 60_000;
    },
    change,
    write,
    age: (buildId, minutes) =>
      change(buildId, (record) => ({ ...record, createdAt: new Date(Date.parse(record.createdAt) - minutes * 60_000).toISOString() })),
    async invoke(name, call) {
      const { payload, error } = await live.deployment.invoke(name, frameCall(call, '0.1.0'));
      if (error !== undefined) throw new Error(`${name} ended with ${error}`);
      return payload as { ok: boolean };
    },
    async sweep() {
      const { error } = await live.deployment.invoke('sweep', {});
      if (error !== undefined) throw new Error(`sweep ended with ${error}`);
    },
    endOf: (buildId) =>
      new Promise((resolve) => {
        live.world.onEvent = (event) => {
          if (isEndOf(event, buildId)) resolve(event);
          else return live.world.deliver(event);
        };
      }),
    handOn: () => {
      live.world.onEvent = undefined;
    },
  };
}

function isEndOf(event: BuildEvent, buildId: string): boolean {
  if (event['detail-type'] !== 'CodeBuild Build State Change' || event.detail['build-status'] === 'IN_PROGRESS') return false;
  return JSON.stringify(event.detail).includes(buildId);
}

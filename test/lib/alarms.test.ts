/** Every alarm of the template goes off by what the code emits, exactly at its threshold, and stays quiet while nothing is wrong. */
import * as compose from '../../lambda/compose';
import { SlipwayError } from '../../core/slipway-error';
import { stateOf, type Alarm } from './cloudwatch';
import { deployedStage, TOKEN, type Measured } from './deployed-stage';
import { resolverOf } from './resolved-template';
import { resourcesOf, synthesize, templateOf } from './synthesized-stage';

const synthesized = synthesize([
  {
    alarms: {
      failedBuilds: 2,
      queueMinutes: 30,
      deniedDownloads: 20,
      expiredDownloads: 15,
      unknownLinks: 50,
      downloadsAnHour: 100,
      gigabytesAnHour: 50,
    },
  },
]);
const control = templateOf(synthesized, 'Control');
const resolve = resolverOf(synthesized, control);
const alarms = resourcesOf(control, 'AWS::CloudWatch::Alarm').map(({ Properties }) => resolve(Properties) as Alarm);
/** Of a stage beside it, as far as their resources have names of their own before they are deployed. */
const theirs = alarmsOfStage('staging').filter(({ Namespace }) => ['Slipway', 'AWS/Lambda'].includes(Namespace));
const measured = measuredOf();
const MINUTE_MS = 60_000;

function alarmsOfStage(stage: string): readonly Alarm[] {
  const other = synthesize([{ stage }]);
  const template = templateOf(other, 'Control', stage);
  const resolveThere = resolverOf(other, template);
  return resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => resolveThere(Properties) as Alarm);
}

/** Where AWS measures: from the resources themselves, never from the alarms. */
function measuredOf(): Measured {
  const queueOf = Object.fromEntries(
    ['build-finished', 'sweep'].map((name) => {
      const [queue] = resourcesOf(control, 'AWS::SQS::Queue').filter(({ id }) => id.startsWith(`DeadLetters${name.replaceAll('-', '')}`));
      return [name, `${queue?.id ?? ''}.QueueName`];
    }),
  );
  const [api] = resourcesOf(control, 'AWS::ApiGatewayV2::Api');
  const [bucket] = resourcesOf(templateOf(synthesized, 'Storage'), 'AWS::S3::Bucket').filter(({ id }) => id.startsWith('Artifacts'));
  const [invoke] = resourcesOf(control, 'AWS::Lambda::EventInvokeConfig');
  return {
    queueOf,
    apiId: api?.id ?? '',
    bucketName: 'artifacts',
    requestMetrics: bucket?.Properties?.MetricsConfigurations as Measured['requestMetrics'],
    retries: invoke?.Properties?.MaximumRetryAttempts as number,
  };
}

type Stage = Awaited<ReturnType<typeof deployedStage>>;

/** What goes wrong: `almost` is just not enough for the alarm. */
interface Drive {
  readonly almost: (stage: Stage) => Promise<unknown>;
  readonly fully: (stage: Stage) => Promise<unknown>;
}

const times = async (count: number, act: () => unknown) => {
  for (let at = 0; at < count; at++) await act();
};
const nothing = () => Promise.resolve();
const endWith = async (stage: Stage, end: 'exited' | 'timed-out') => {
  const record = await stage.start();
  await stage.end(record, { state: 'ended', end, detail: 'exit code 1' });
  await stage.tell(record.buildId);
};
const cannotList = (stage: Stage) =>
  Object.assign(stage.world.ledger, { keys: () => Promise.reject(new SlipwayError('store-busy', 'not now')) });
const cannotRead = (stage: Stage) =>
  Object.assign(stage.world.ledger, { read: () => Promise.reject(new SlipwayError('store-busy', 'not now')) });

const LOADERS: Readonly<Record<string, () => unknown>> = {
  'start-build': () => compose.composeStartBuild({}),
  status: () => compose.composeStatus({}),
  'cancel-build': () => compose.composeCancelBuild({}),
  'build-finished': () => compose.composeBuildFinished({}),
  sweep: () => compose.composeSweep({}),
  download: () => compose.composeDownload({}),
  distribute: () => compose.composeDistribute({}),
  distributions: () => compose.composeDistributions({}),
  revoke: () => compose.composeRevoke({}),
  gate: () => compose.composeGate({}),
};

const DRIVES: Readonly<Record<string, Drive>> = {
  'builds-failed': { almost: (stage) => endWith(stage, 'exited'), fully: (stage) => times(2, () => endWith(stage, 'exited')) },
  'builds-timed-out': { almost: (stage) => endWith(stage, 'exited'), fully: (stage) => endWith(stage, 'timed-out') },
  'queue-long': { almost: (stage) => waitInQueue(stage, 29), fully: (stage) => waitInQueue(stage, 31) },
  'settle-problems': {
    almost: (stage) => succeed(stage),
    fully: async (stage) => {
      stage.world.parameters.isDenied = true;
      await succeed(stage);
    },
  },
  'call-faults': {
    almost: (stage) => stage.status({ query: 'build', reference: 'nothing-by-this-name' }),
    fully: async (stage) => {
      Object.assign(stage.world.ledger, { keys: () => Promise.reject(new TypeError('undefined is not a function')) });
      await stage.status({ query: 'list', limit: 10 });
    },
  },
  ...Object.fromEntries(
    Object.entries(LOADERS).map(([name, load]) => [
      `errors-${name}`,
      { almost: (stage) => succeed(stage), fully: (stage: Stage) => Promise.resolve(stage.failToLoad(name, load)) } satisfies Drive,
    ]),
  ),
  'dead-letters-build-finished': {
    almost: (stage) => stage.tell('0000000000000000'),
    fully: async (stage) => {
      const record = await stage.start();
      cannotRead(stage);
      await stage.tell(record.buildId);
    },
  },
  'dead-letters-sweep': {
    almost: (stage) => stage.sweep(),
    fully: async (stage) => {
      cannotList(stage);
      await stage.sweep();
    },
  },
  'downloads-denied': {
    almost: (stage) => times(19, () => stage.open(`/d/${TOKEN}`, '203.0.113.9')),
    fully: (stage) => times(20, () => stage.open(`/d/${TOKEN}`, '203.0.113.9')),
  },
  'links-unknown': {
    almost: (stage) => times(49, () => stage.open(`/d/${'x'.repeat(32)}`)),
    fully: (stage) => times(50, () => stage.open(`/d/${'x'.repeat(32)}`)),
  },
  'links-expired': {
    almost: (stage) => afterTheEnd(stage, 14),
    fully: (stage) => afterTheEnd(stage, 15),
  },
  'downloads-unusual': {
    // Pieces of a download are none.
    almost: async (stage) => {
      await times(99, () => stage.open(`/d/${TOKEN}`));
      await times(20, () => stage.open(`/d/${TOKEN}`, '198.51.100.7', { range: 'bytes=5-' }));
    },
    fully: (stage) => times(100, () => stage.open(`/d/${TOKEN}`)),
  },
  'volume-unusual': {
    almost: async (stage) => stage.sendFromS3(await stage.open(`/d/${TOKEN}`), 50e9 - 1),
    // One download whose pieces are fetched again and again.
    fully: async (stage) => {
      const given = await stage.open(`/d/${TOKEN}`);
      await times(10, () => stage.sendFromS3(given, 5e9));
    },
  },
  'gate-errors': {
    almost: (stage) => stage.open(`/d/${TOKEN}`),
    fully: async (stage) => {
      stage.signing.sign = () => Promise.reject(new Error('STS is away'));
      await stage.open(`/d/${TOKEN}`);
    },
  },
  'store-denials': {
    almost: (stage) => times(19, async () => stage.refuseAtS3(await stage.open(`/d/${TOKEN}`))),
    fully: (stage) => times(20, async () => stage.refuseAtS3(await stage.open(`/d/${TOKEN}`))),
  },
};

async function afterTheEnd(stage: Stage, count: number): Promise<void> {
  stage.world.clock.advance(7 * 24 * 60 * MINUTE_MS);
  await times(count, () => stage.open(`/d/${TOKEN}`));
}

async function waitInQueue(stage: Stage, minutes: number): Promise<void> {
  await stage.start();
  stage.world.clock.advance(minutes * MINUTE_MS);
  await stage.sweep();
}

async function succeed(stage: Stage): Promise<void> {
  const record = await stage.start();
  await stage.end(record);
  await stage.tell(record.buildId);
}

const alarmOf = (name: string) => {
  const found = alarms.find(({ AlarmName }) => AlarmName === `slipway-prod-${name}`);
  if (found === undefined) throw new Error(`the template has no alarm '${name}'`);
  return found;
};

test('every alarm of the template is driven here, and no other', () => {
  expect(alarms.map(({ AlarmName }) => AlarmName.replace('slipway-prod-', '')).sort()).toEqual(Object.keys(DRIVES).sort());
});

describe.each(Object.entries(DRIVES))('%s', (name, { almost, fully }) => {
  const alarm = alarmOf(name);
  const stateAfter = async (drive: Drive['almost'], minutesLater = 0) => {
    const stage = await deployedStage(measured);
    await drive(stage);
    return stateOf(alarm, stage.data(), stage.world.clock.nowMs() + minutesLater * MINUTE_MS);
  };

  test('is quiet while nothing has happened', async () => {
    expect(await stateAfter(nothing)).toBe('OK');
  });

  test('stays quiet just below', async () => {
    expect(await stateAfter(almost)).toBe('OK');
  });

  test('goes off, and is over when it was long ago', async () => {
    expect(await stateAfter(fully)).toBe('ALARM');
    expect(await stateAfter(fully, 4 * (alarm.Period / 60))).toBe('OK');
  });

  test('goes off for this stage alone', async () => {
    const stage = await deployedStage(measured);
    await fully(stage);
    for (const other of theirs) expect(stateOf(other, stage.data(), stage.world.clock.nowMs())).toBe('OK');
  });
});

test('a quiet day sets off none: builds succeed, are cancelled, people download, one address is outside, a link is mistyped', async () => {
  const stage = await deployedStage(measured);
  const wentOff = new Set<string>();
  for (let minute = 0; minute < 240; minute++) {
    stage.world.clock.advance(MINUTE_MS);
    if (minute % 10 === 0) await stage.sweep();
    if (minute % 30 === 5) await succeed(stage);
    if (minute === 42) {
      const record = await stage.start();
      await stage.end(record, { state: 'ended', end: 'cancelled' });
      await stage.tell(record.buildId);
    }
    if (minute % 7 === 0) await stage.open(`/d/${TOKEN}/fieldkit-linux-x86_64.tar.gz`);
    if (minute % 20 === 0) await stage.open(`/d/${TOKEN}`, '203.0.113.9');
    if (minute % 60 === 0) await stage.open('/d/mistyped');
    for (const alarm of alarms) if (stateOf(alarm, stage.data(), stage.world.clock.nowMs()) === 'ALARM') wentOff.add(alarm.AlarmName);
  }
  expect([...wentOff]).toEqual([]);
  expect(stage.data().length).toBeGreaterThan(50);
});

test('each tells the topic when it goes off and when it is over, and is of one metric', () => {
  const [topic] = resourcesOf(control, 'AWS::SNS::Topic');
  for (const alarm of resourcesOf(control, 'AWS::CloudWatch::Alarm')) {
    const { AlarmActions, OKActions, TreatMissingData, Metrics, ComparisonOperator } = alarm.Properties ?? {};
    expect([AlarmActions, OKActions]).toEqual([[{ Ref: topic?.id }], [{ Ref: topic?.id }]]);
    expect([TreatMissingData, ComparisonOperator, Metrics]).toEqual(['notBreaching', 'GreaterThanOrEqualToThreshold', undefined]);
  }
});

test('the thresholds are those of the settings', () => {
  const links = { deniedDownloads: 7, expiredDownloads: 8, unknownLinks: 9, downloadsAnHour: 10, gigabytesAnHour: 2 };
  const own = synthesize([{ alarms: { failedBuilds: 3, queueMinutes: 5, ...links } }]);
  const thresholds = Object.fromEntries(
    resourcesOf(templateOf(own, 'Control'), 'AWS::CloudWatch::Alarm').map(({ Properties }) => [
      String(Properties?.AlarmName),
      Properties?.Threshold,
    ]),
  );
  expect(thresholds).toMatchObject({
    'slipway-prod-builds-failed': 3,
    'slipway-prod-queue-long': 300,
    'slipway-prod-downloads-denied': 7,
    'slipway-prod-store-denials': 7,
    'slipway-prod-links-expired': 8,
    'slipway-prod-links-unknown': 9,
    'slipway-prod-downloads-unusual': 10,
    'slipway-prod-volume-unusual': 2e9,
  });
});

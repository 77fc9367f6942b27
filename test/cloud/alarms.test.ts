/**
 * The alarms of the deployed app: what its functions write to their logs is read as CloudWatch reads it, judged by its rules against
 * the alarms as they were deployed, and put into the emulator, whose own alarms tell the topic.
 */
import { frameCall } from '../../core/api/call';
import { dataOfLines, stateOf, type Alarm, type Datum } from '../lib/cloudwatch';
import { callJson } from './world/emulator-call';
import { linesOf } from './world/function-logs';
import { useLiveStage } from './world/live-stage';

const live = useLiveStage('prod', 'alarms: { failedBuilds: 1, unknownLinks: 3 }\n');
const OFF = ['slipway-prod-builds-failed', 'slipway-prod-links-unknown'];
const CLOUDWATCH = 'GraniteServiceVersion20100801';

interface DeployedAlarm extends Alarm {
  readonly StateValue: string;
}

async function deployedAlarms(): Promise<readonly DeployedAlarm[]> {
  const { cloud } = live.world;
  const { MetricAlarms } = (await callJson(cloud, 'monitoring', `${CLOUDWATCH}.DescribeAlarms`, { MaxRecords: 100 })) as {
    readonly MetricAlarms: readonly DeployedAlarm[];
  };
  return MetricAlarms;
}

const toEmulator = ({ metric, dimensions, atMs, values }: Datum) => ({
  MetricName: metric,
  Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  Timestamp: atMs / 1000,
  Values: values,
});

test('those go off whose cause there was, in CloudWatch’s own words and in the emulator, and no other', async () => {
  const { deployment, world } = live;
  // Nobody is told of the end: the call below is what finds it, and its log is there when it has answered.
  world.onEvent = () => undefined;
  const buildId = await live.start(live.project({ name: 'failing', mood: 'fail' }));
  await world.standIn.ended((await deployment.record(buildId)).jobs['linux-x86_64']?.runnerId ?? '');
  await deployment.invoke('status', frameCall({ query: 'build', reference: buildId }, '0.1.0'));
  for (let guess = 0; guess < 3; guess++) {
    await deployment.invoke('gate', {
      version: '2.0',
      rawPath: `/d/${'A'.repeat(32)}`,
      rawQueryString: '',
      headers: {},
      requestContext: { http: { method: 'GET', sourceIp: '203.0.113.9' } },
    });
  }
  await deployment.invoke('sweep', {});

  const data = dataOfLines(await linesOf(deployment));
  const alarms = await deployedAlarms();
  expect(alarms).toHaveLength(24);
  const nowMs = Math.max(...data.map(({ atMs }) => atMs));
  expect(
    alarms
      .filter((alarm) => stateOf(alarm, data, nowMs) === 'ALARM')
      .map(({ AlarmName }) => AlarmName)
      .sort(),
  ).toEqual(OFF);

  for (const namespace of new Set(data.map((datum) => datum.namespace))) {
    const MetricData = data.filter((datum) => datum.namespace === namespace).map(toEmulator);
    await callJson(world.cloud, 'monitoring', `${CLOUDWATCH}.PutMetricData`, { Namespace: namespace, MetricData });
  }
  const states = (await deployedAlarms()).filter(({ StateValue }) => StateValue === 'ALARM').map(({ AlarmName }) => AlarmName);
  expect(states.sort()).toEqual(OFF);
});

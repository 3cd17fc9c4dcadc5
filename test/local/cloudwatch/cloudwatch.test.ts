import { CloudWatchClient, DescribeAlarmsCommand, type DescribeAlarmsCommandInput } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../local/services/aws-json.ts';
import type { CompositeAlarm, MetricAlarm } from '../../../local/services/cloudwatch/alarm-definition.ts';
import type { AlarmMessage } from '../../../local/services/cloudwatch/tell.ts';
import { startCloudWatch } from '../../../local/services/cloudwatch.ts';
import { openGuard } from '../../../local/services/iam/guard.ts';
import { afterTest, temporaryFolder } from '../temporary.ts';

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:Operations';
const MINUTE = 60_000;

const alarm = (name: string, more: Partial<MetricAlarm> = {}): MetricAlarm => ({
  name,
  arn: `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`,
  description: 'page: it is broken. Runbook: docs/runbooks/database.md',
  actionsEnabled: true,
  alarmActions: [TOPIC],
  okActions: [TOPIC],
  insufficientDataActions: [],
  metrics: [{ id: 'm', metric: { namespace: 'N', name, dimensions: { a: '1' } }, statistic: 'Sum' }],
  expressions: [],
  compared: 'm',
  periodSeconds: 60,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  threshold: 2,
  comparison: 'GreaterThanThreshold',
  missing: 'notBreaching',
  ...more,
});
const composite = (rule: string): CompositeAlarm => ({
  name: 'Both',
  arn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:Both',
  actionsEnabled: true,
  alarmActions: [TOPIC],
  okActions: [TOPIC],
  insufficientDataActions: [],
  rule,
});

const start = async (
  metricAlarms: readonly MetricAlarm[],
  { compositeAlarms = [] as readonly CompositeAlarm[], dataDir = temporaryFolder(), guard = openGuard } = {},
) => {
  let now = Date.UTC(2026, 0, 1, 12, 0, 30);
  const told: AlarmMessage[] = [];
  const service = await startCloudWatch({
    dataDir,
    metricAlarms,
    compositeAlarms,
    guard,
    account: '000000000000',
    region: 'us-east-1',
    publish: async (message) => void told.push(message),
    now: () => now,
  });
  const client = new CloudWatchClient({
    endpoint: service.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  afterTest(async () => {
    client.destroy();
    await service.stop();
  });
  const add = (name: string, value: number) =>
    service.metrics.add({ namespace: 'N', name, dimensions: { a: '1' } }, value);
  return {
    service,
    client,
    told,
    add,
    minute: async (minutes = 1) => {
      now += minutes * MINUTE;
      await service.evaluateNow();
    },
    states: async () => {
      const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(
        new DescribeAlarmsCommand({ AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
      );
      return Object.fromEntries([...MetricAlarms, ...CompositeAlarms].map((one) => [one.AlarmName, one.StateValue]));
    },
  };
};

describe('alarms', () => {
  it('sums a minute, compares it when it is over, tells the topic on every change, and tells nobody the first state', async () => {
    const { add, minute, told, states } = await start([alarm('Errors')]);
    expect(await states()).toEqual({ Errors: 'INSUFFICIENT_DATA' });
    await minute();
    expect(await states()).toEqual({ Errors: 'OK' });
    expect(told).toEqual([]);
    add('Errors', 1);
    add('Errors', 2);
    await minute(0);
    expect(await states()).toEqual({ Errors: 'OK' });
    await minute();
    expect(await states()).toEqual({ Errors: 'ALARM' });
    await minute(3);
    expect(await states()).toEqual({ Errors: 'OK' });
    expect(told.map(({ subject }) => subject)).toEqual(['ALARM: "Errors" in us-east-1', 'OK: "Errors" in us-east-1']);
    expect(told[0]!.topicArn).toBe(TOPIC);
    expect(JSON.parse(told[0]!.message)).toMatchObject({
      AlarmName: 'Errors',
      AlarmDescription: 'page: it is broken. Runbook: docs/runbooks/database.md',
      NewStateValue: 'ALARM',
      OldStateValue: 'OK',
      StateChangeTime: '2026-01-01T12:02:30.000+0000',
      Trigger: { MetricName: 'Errors', Threshold: 2, EvaluationPeriods: 1, Dimensions: [{ name: 'a', value: '1' }] },
    });
  });

  it('periods of several minutes, percentiles and metric math are evaluated as they are defined', async () => {
    const metric = (name: string) => ({ namespace: 'N', name, dimensions: { a: '1' } });
    const { add, minute, states } = await start([
      alarm('Slow', {
        metrics: [{ id: 'm', metric: metric('Latency'), statistic: 'p99' }],
        periodSeconds: 300,
        threshold: 1000,
      }),
      alarm('Share', {
        metrics: [
          { id: 'bad', metric: metric('Bad'), statistic: 'Sum' },
          { id: 'all', metric: metric('All'), statistic: 'Sum' },
        ],
        expressions: [{ id: 'e', expression: '100 * FILL(bad, 0) / all' }],
        compared: 'e',
        threshold: 1,
      }),
    ]);
    for (let i = 0; i < 98; i++) add('Latency', 10);
    for (let i = 0; i < 2; i++) add('Latency', 5000);
    add('All', 100);
    await minute();
    expect(await states()).toEqual({ Slow: 'ALARM', Share: 'OK' });
    for (let i = 0; i < 300; i++) add('Latency', 10);
    add('All', 100);
    add('Bad', 2);
    await minute();
    expect(await states()).toEqual({ Slow: 'OK', Share: 'ALARM' });
  });

  it('silence that is wrong counts from when the cloud is there, and no earlier', async () => {
    const { add, minute, states } = await start([
      alarm('Alive', {
        missing: 'breaching',
        comparison: 'LessThanThreshold',
        threshold: 1,
        evaluationPeriods: 3,
        datapointsToAlarm: 3,
      }),
    ]);
    await minute();
    await minute();
    expect(await states()).toEqual({ Alive: 'INSUFFICIENT_DATA' });
    await minute();
    expect(await states()).toEqual({ Alive: 'ALARM' });
    add('Alive', 1);
    await minute();
    expect(await states()).toEqual({ Alive: 'OK' });
  });

  it('a composite alarm follows the states of others in the same evaluation', async () => {
    const { add, minute, states, told } = await start([alarm('Age'), alarm('Throttles')], {
      compositeAlarms: [composite('ALARM(Age) AND ALARM("Throttles")')],
    });
    await minute();
    add('Age', 9);
    await minute();
    expect(await states()).toEqual({ Age: 'ALARM', Throttles: 'OK', Both: 'OK' });
    add('Age', 9);
    add('Throttles', 9);
    await minute();
    expect(await states()).toEqual({ Age: 'ALARM', Throttles: 'ALARM', Both: 'ALARM' });
    expect(told.at(-1)!.subject).toBe('ALARM: "Both" in us-east-1');
  });

  it('states are kept over a restart, and only a change is told', async () => {
    const dataDir = temporaryFolder();
    const first = await start([alarm('Errors')], { dataDir });
    await first.minute();
    first.add('Errors', 9);
    await first.minute();
    await first.service.stop();
    const second = await start([alarm('Errors')], { dataDir });
    expect(await second.states()).toEqual({ Errors: 'ALARM' });
    await second.minute();
    expect(second.told.map(({ subject }) => subject)).toEqual(['OK: "Errors" in us-east-1']);
  });

  it('what only AWS measures stays without data, and says why', async () => {
    const metrics = [
      { id: 'm', metric: { namespace: 'AWS/RDS', name: 'ACUUtilization', dimensions: {} }, statistic: 'Average' },
    ];
    const { client, minute } = await start([alarm('Busy', { metrics, missing: 'ignore' })]);
    await minute();
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({}));
    expect(MetricAlarms).toMatchObject([
      { StateValue: 'INSUFFICIENT_DATA', StateReason: expect.stringContaining('no capacity units') },
    ]);
  });
});

describe('DescribeAlarms', () => {
  it('gives definitions and states by prefix, state and page; composite alarms only when asked for', async () => {
    const { client, minute, add } = await start([alarm('A-1'), alarm('A-2'), alarm('B-1')], {
      compositeAlarms: [composite('ALARM("A-1")')],
    });
    await minute();
    add('A-2', 9);
    await minute();
    const names = async (input: DescribeAlarmsCommandInput) => {
      const {
        MetricAlarms = [],
        CompositeAlarms = [],
        NextToken,
      } = await client.send(new DescribeAlarmsCommand(input));
      return [[...MetricAlarms, ...CompositeAlarms].map(({ AlarmName }) => AlarmName), NextToken];
    };
    expect(await names({})).toEqual([['A-1', 'A-2', 'B-1'], undefined]);
    expect(await names({ AlarmNamePrefix: 'A-' })).toEqual([['A-1', 'A-2'], undefined]);
    expect(await names({ StateValue: 'ALARM' })).toEqual([['A-2'], undefined]);
    expect(await names({ AlarmNames: ['B-1'] })).toEqual([['B-1'], undefined]);
    expect(await names({ AlarmTypes: ['CompositeAlarm'] })).toEqual([['Both'], undefined]);
    const [page, token] = await names({ MaxRecords: 2 });
    expect(page).toEqual(['A-1', 'A-2']);
    expect(await names({ MaxRecords: 2, NextToken: token as string })).toEqual([['B-1'], undefined]);
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: ['A-2'] }));
    expect(MetricAlarms![0]).toMatchObject({
      AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:A-2',
      MetricName: 'A-2',
      Namespace: 'N',
      Statistic: 'Sum',
      Period: 60,
      Threshold: 2,
      TreatMissingData: 'notBreaching',
      StateValue: 'ALARM',
      StateUpdatedTimestamp: new Date(Date.UTC(2026, 0, 1, 12, 2, 30)),
    });
  });

  it('is refused to whoever has no permission, and composite alarms to whoever may not see everything', async () => {
    const asked: string[] = [];
    const guard = {
      ...openGuard,
      check: (_: unknown, action: string, resource: string) => {
        asked.push(`${action} ${resource}`);
        if (resource === '*') throw new AwsError('AccessDenied', 'not allowed');
      },
    };
    const { client } = await start([alarm('A')], { guard });
    await client.send(new DescribeAlarmsCommand({}));
    await expect(client.send(new DescribeAlarmsCommand({ AlarmTypes: ['CompositeAlarm'] }))).rejects.toThrow(
      'not allowed',
    );
    expect(asked).toEqual([
      'cloudwatch:DescribeAlarms arn:aws:cloudwatch:us-east-1:000000000000:alarm:*',
      'cloudwatch:DescribeAlarms *',
    ]);
  });

  it('refuses what it does not know', async () => {
    const { client } = await start([]);
    await expect(client.send(new DescribeAlarmsCommand({ ChildrenOfAlarmName: 'x' }))).rejects.toThrow();
  });
});

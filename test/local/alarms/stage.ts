import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { InvokeCommand, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SYSTEM_ALARMS } from '../../../lib/alarms.ts';
import { emissionWatch } from '../../../lib/emission-watch.ts';
import { type LocalCloud, startCloud } from '../../../local/cloud.ts';
import type { MetricAlarm } from '../../../local/services/cloudwatch/alarm-definition.ts';
import { metricAlarmsOf } from '../../../local/template/alarms.ts';
import { functionsOf } from '../../../local/template/functions.ts';
import { streamsOf } from '../../../local/template/streams.ts';
import { loadTemplates } from '../../../local/template/templates.ts';

const MINUTE_MS = 60_000;
const region = 'us-east-1';

/** The product's own cloud with a clock that the test turns, so that what takes minutes takes none. */
export interface Stage {
  readonly cloud: LocalCloud;
  readonly dataDir: string;
  /** The alarms on metrics of all templates. */
  readonly alarms: readonly MetricAlarm[];
  /** Those of a row of the table. */
  namesOf(title: string): string[];
  /** A minute passes, and the alarms are evaluated. */
  minutePasses(minutes?: number): Promise<void>;
  /** State of every alarm, by DescribeAlarms. */
  states(): Promise<ReadonlyMap<string, string>>;
  /** Counts what only AWS could count, for each of the alarms of a row. */
  count(title: string, values: Readonly<Record<string, number>>): void;
  /** Records on a stream (by the last word of its name) that arrived so many minutes ago. */
  put(stream: string, text: string, minutesAgo?: number): Promise<void>;
  /** Runs a function by its alias, as schedules do; the name of what it threw, or undefined. */
  invoke(title: string, event?: unknown): Promise<string | undefined>;
  readonly functions: readonly string[];
  stop(): Promise<void>;
}

export const startStage = async (): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-alarms-'));
  const assembly = join(folder, 'cdk.out');
  emissionWatch({ context: { profile: 'medium' }, outdir: assembly }).app.synth();
  const templates = loadTemplates(assembly);
  let ahead = 0;
  const dataDir = join(folder, 'data');
  const cloud = await startCloud({
    assembly,
    dataDir,
    log: () => {},
    now: () => Date.now() + ahead,
    backoff: { firstMs: 5, maxMs: 20 },
  });
  const alarms = metricAlarmsOf(templates);
  const functions = new Map(
    functionsOf(templates).map(({ arn, environment }) => [environment.POWERTOOLS_SERVICE_NAME!, arn]),
  );
  const config = { region, credentials: cloud.runner, maxAttempts: 1 };
  const cloudwatch = new CloudWatchClient({ ...config, endpoint: cloud.endpoints.cloudwatch });
  const lambda = new LambdaClient({ ...config, endpoint: cloud.endpoints.lambda });
  const kinesis = new KinesisClient({
    ...config,
    endpoint: cloud.endpoints.kinesis,
    requestHandler: new NodeHttpHandler(),
  });
  const streams = streamsOf(templates).map(({ name }) => name);

  return {
    cloud,
    dataDir,
    alarms,
    functions: [...functions.keys()],
    namesOf: (title) => alarms.flatMap(({ name }) => (titleOf(name) === title ? name : [])),
    minutePasses: async (minutes = 1) => {
      ahead += minutes * MINUTE_MS;
      await cloud.cloudwatch.evaluateNow();
    },
    states: async () => {
      const states = new Map<string, string>();
      for (let NextToken: string | undefined, first = true; first || NextToken !== undefined; first = false) {
        const page = await cloudwatch.send(
          new DescribeAlarmsCommand({
            AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
            MaxRecords: 100,
            ...(NextToken !== undefined && { NextToken }),
          }),
        );
        for (const { AlarmName, StateValue } of [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])])
          states.set(AlarmName!, StateValue!);
        NextToken = page.NextToken;
      }
      return states;
    },
    count: (title, values) => {
      for (const alarm of alarms.filter(({ name }) => titleOf(name) === title))
        for (const { metric } of alarm.metrics) {
          const value = values[metric.name];
          if (value !== undefined) cloud.cloudwatch.metrics.add(metric, value);
        }
    },
    put: async (stream, text, minutesAgo = 0) => {
      const StreamName = streams.find((name) => name.toLowerCase().includes(`streams${stream}`))!;
      ahead -= minutesAgo * MINUTE_MS;
      try {
        await kinesis.send(
          new PutRecordsCommand({ StreamName, Records: [{ PartitionKey: 'x', Data: Buffer.from(text) }] }),
        );
      } finally {
        ahead += minutesAgo * MINUTE_MS;
      }
    },
    invoke: async (title, event = {}) => {
      const { FunctionError, Payload } = await whenFree(() =>
        lambda.send(
          new InvokeCommand({
            FunctionName: functions.get(title)!,
            Qualifier: 'live',
            Payload: Buffer.from(JSON.stringify(event)),
          }),
        ),
      );
      if (FunctionError === undefined) return undefined;
      return (JSON.parse(Buffer.from(Payload!).toString()) as { errorType: string }).errorType;
    },
    stop: async () => {
      for (const client of [cloudwatch, lambda, kinesis]) client.destroy();
      await cloud.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Schedules go on by the clock of the wall: a function that runs once at a time may be at it just now. */
const whenFree = async <T>(send: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof TooManyRequestsException) || tries === 100) throw error;
      await sleep(100);
    }
  }
};

/** Row of the table that an alarm is made from; undefined for those that CodeDeploy reads. */
export const titleOf = (name: string): string | undefined =>
  SYSTEM_ALARMS.find(({ title }) => new RegExp(`^EmissionWatch-${title}(-[a-z-]+)?$`).test(name))?.title;

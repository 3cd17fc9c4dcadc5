import {
  AlarmType,
  type CloudWatchClient,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandOutput,
} from '@aws-sdk/client-cloudwatch';
import type { Pipeline } from '#core/contracts/api/pipeline';

export type SystemAlarm = Pipeline['alarms'][number];

const PREFIX = 'EmissionWatch-';
/** How old an answer may be: consoles ask more often than alarms change. */
const KEEP_MS = 15_000;

/** The alarms on the system itself that have a runbook, by name. */
export const cloudWatchAlarms = (client: Pick<CloudWatchClient, 'send'>, now: () => number = Date.now) => {
  let known: { readonly at: number; readonly alarms: readonly SystemAlarm[] } | undefined;
  return async (): Promise<readonly SystemAlarm[]> => {
    if (known === undefined || now() - known.at >= KEEP_MS) known = { at: now(), alarms: await readAlarms(client) };
    return known.alarms;
  };
};

const readAlarms = async (client: Pick<CloudWatchClient, 'send'>): Promise<SystemAlarm[]> => {
  const alarms: SystemAlarm[] = [];
  for (let NextToken: string | undefined; ; ) {
    const answer: DescribeAlarmsCommandOutput = await client.send(
      new DescribeAlarmsCommand({
        AlarmNamePrefix: PREFIX,
        AlarmTypes: [AlarmType.MetricAlarm, AlarmType.CompositeAlarm],
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    );
    alarms.push(
      ...(answer.MetricAlarms ?? []).map((alarm) => systemAlarm(alarm, false)),
      ...(answer.CompositeAlarms ?? []).map((alarm) => systemAlarm(alarm, true)),
    );
    NextToken = answer.NextToken;
    // What watches a deployment has the name of its stack, which begins alike: without a runbook it is none for people.
    if (NextToken === undefined)
      return alarms.filter(({ runbook }) => runbook !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
};

interface AlarmAnswer {
  readonly AlarmName?: string | undefined;
  readonly AlarmDescription?: string | undefined;
  readonly StateValue?: SystemAlarm['state'] | undefined;
  readonly StateReason?: string | undefined;
  readonly StateUpdatedTimestamp?: Date | undefined;
  readonly StateTransitionedTimestamp?: Date | undefined;
}

const systemAlarm = (alarm: AlarmAnswer, composite: boolean): SystemAlarm => ({
  name: alarm.AlarmName ?? '',
  description: alarm.AlarmDescription ?? '',
  state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
  // When its evaluation changed it last; when the state itself did, where that is told.
  since: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.toISOString() ?? null,
  reason: alarm.StateReason ?? '',
  composite,
  runbook: /Runbook: docs\/runbooks\/([a-z0-9-]+\.md)$/.exec(alarm.AlarmDescription ?? '')?.[1] ?? null,
});

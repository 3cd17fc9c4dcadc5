import { type Listening, serveJson11 } from './aws-json.ts';
import type { CompositeAlarm, MetricAlarm } from './cloudwatch/alarm-definition.ts';
import { alarmStates } from './cloudwatch/alarm-states.ts';
import { compileCompositeRule } from './cloudwatch/composite-rule.ts';
import { describeAlarms } from './cloudwatch/describe-alarms.ts';
import { prepareAlarm, type Verdict } from './cloudwatch/evaluate-alarm.ts';
import { type MetricStore, MINUTE_MS, metricStore } from './cloudwatch/metric-store.ts';
import { whyNotMeasured } from './cloudwatch/not-measured.ts';
import { type AlarmMessage, messagesOn } from './cloudwatch/tell.ts';
import { diskTrouble } from './disk-trouble.ts';
import type { Guard } from './iam/guard.ts';

export interface CloudWatch {
  readonly endpoint: string;
  /** Where other services and functions count. */
  readonly metrics: MetricStore;
  /** Evaluates every minute from now on; what was before is no silence of anybody. */
  begin(): void;
  /** Looks at what is looked at once a minute, such as the length of a queue, before each evaluation from now on. */
  sample(look: () => unknown): void;
  /** Evaluates every alarm on the minutes that are over, and resolves when those told are told. */
  evaluateNow(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * CloudWatch's metrics and alarms: counts by minute what alarms of the templates read, evaluates each alarm once a
 * minute by its own definition, tells its topics when its state changes, and answers DescribeAlarms.
 *
 * Other than on AWS the first state of an alarm is told nobody, and time in which the cloud was off does not count as
 * missing data.
 *
 * @throws Error for an alarm that uses what is not known here
 */
export const startCloudWatch = async (options: {
  readonly dataDir: string;
  readonly metricAlarms: readonly MetricAlarm[];
  readonly compositeAlarms: readonly CompositeAlarm[];
  readonly guard: Guard;
  readonly account: string;
  readonly region: string;
  /** Publishes to a topic in the name of an alarm. */
  readonly publish: (message: AlarmMessage) => Promise<void>;
  readonly log?: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}): Promise<CloudWatch> => {
  const { metricAlarms, compositeAlarms, guard, publish, log = () => {}, now = Date.now } = options;
  const prepared = metricAlarms.map(prepareAlarm);
  const names = new Set([...metricAlarms, ...compositeAlarms].map(({ name }) => name));
  const rules = compositeAlarms.map((alarm) => ({ alarm, holds: compileCompositeRule(alarm.rule, names) }));
  const metrics = metricStore(
    prepared.flatMap(({ watched }) => watched),
    now,
  );
  const states = alarmStates(options.dataDir);
  const trouble = diskTrouble('the states of the alarms', log);
  const minuteNow = () => Math.floor(now() / MINUTE_MS);
  let since = minuteNow();
  const samples: (() => unknown)[] = [];

  const settle = (alarm: MetricAlarm | CompositeAlarm, { value, reason }: Verdict): AlarmMessage[] => {
    const before = states.of(alarm.name);
    if (before?.value === value) return [];
    const state = { value, reason, updated: now() };
    states.set(alarm.name, state);
    if (before === undefined) return [];
    if (value === 'ALARM' || before.value === 'ALARM') log(`cloudwatch: ${alarm.name} is ${value}: ${reason}`);
    return messagesOn(alarm, before.value, state, options);
  };

  const lookAt = async (look: () => unknown) => {
    try {
      await look();
    } catch (error) {
      log(`cloudwatch: a metric has no value this minute: ${error}`);
    }
  };

  const evaluate = async () => {
    for (const look of samples) await lookAt(look);
    const minute = minuteNow();
    const messages: AlarmMessage[] = [];
    for (const { alarm, evaluate } of prepared) {
      const verdict = evaluate(metrics, minute, since, states.of(alarm.name)?.value ?? 'INSUFFICIENT_DATA');
      const why = verdict.value === 'INSUFFICIENT_DATA' ? whyNotMeasured(alarm) : undefined;
      messages.push(...settle(alarm, why === undefined ? verdict : { ...verdict, reason: `No data: ${why}.` }));
    }
    const stateOf = (name: string) => states.of(name)?.value ?? 'INSUFFICIENT_DATA';
    for (const { alarm, holds } of rules)
      messages.push(
        ...settle(
          alarm,
          holds(stateOf)
            ? { value: 'ALARM', reason: 'The rule holds.' }
            : { value: 'OK', reason: 'The rule does not hold.' },
        ),
      );
    // What has become of an alarm is told all the same.
    trouble.attempt(states.write);
    for (const message of messages)
      await publish(message).catch((error: unknown) =>
        log(`cloudwatch: ${message.subject} was not told to ${message.topicArn}: ${error}`),
      );
  };

  /** One evaluation after the other: a slow one must not tell after a later one. */
  let last: Promise<void> = Promise.resolve();
  const evaluateNow = () => {
    last = last.catch(() => {}).then(evaluate);
    return last;
  };

  const listening: Listening = await serveJson11({
    guard,
    version: '1.0',
    operations: { DescribeAlarms: describeAlarms({ ...options, stateOf: states.of }) },
  });
  let evaluated = since;
  let timer: NodeJS.Timeout | undefined;

  return {
    endpoint: listening.endpoint,
    metrics,
    begin: () => {
      since = minuteNow();
      evaluated = since;
      timer = setInterval(() => {
        const minute = minuteNow();
        if (minute === evaluated) return;
        evaluated = minute;
        evaluateNow().catch((error: unknown) => log(`cloudwatch: alarms were not evaluated: ${error}`));
      }, 1000);
      timer.unref();
    },
    sample: (look) => samples.push(look),
    evaluateNow,
    stop: async () => {
      clearInterval(timer);
      await last.catch(() => {});
      await listening.stop();
    },
  };
};

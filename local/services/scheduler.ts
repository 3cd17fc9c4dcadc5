import { setTimeout as sleep } from 'node:timers/promises';
import type { Guard } from './iam/guard.ts';
import type { InvocationResult, Lambda } from './lambda.ts';
import { clockOf, cronTest } from './scheduler/cron.ts';
import type { DeadLetterQueues } from './sqs.ts';

export interface ScheduleDefinition {
  readonly name: string;
  readonly arn: string;
  /** `rate(5 minutes)` or `cron(...)` */
  readonly expression: string;
  readonly timeZone: string;
  readonly enabled: boolean;
  /** ARN of a function or alias. */
  readonly target: string;
  /** JSON that the function receives. */
  readonly input: string;
  /** In whose name the target is invoked. */
  readonly roleArn: string;
  /** Receives what the target did not take. */
  readonly deadLetterQueueArn?: string;
}

export interface Scheduler {
  /**
   * Invokes the target of a schedule now and waits for the end; while an invocation of its is under way, for that one
   * first.
   * @throws Error with what the function threw
   */
  runNow(name: string): Promise<void>;
  stop(): void;
}

const MINUTE_MS = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: 1440 * MINUTE_MS };

/** Milliseconds of `rate(value unit)`; undefined for another kind of expression. */
export const rateOf = (expression: string): number | undefined => {
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  return value === undefined || Number(value) === 0 ? undefined : Number(value) * UNIT_MS[unit!]!;
};

/** A role's trust names the group of its schedules. */
const groupOf = (scheduleArn: string): string => {
  const [head, group] = scheduleArn.split('/');
  return `${head!.replace(/:schedule$/, ':schedule-group')}/${group}`;
};

/** EventBridge Scheduler: invokes functions asynchronously, at a rate from the start on or at times of the clock, both to the minute. */
export const startScheduler = (options: {
  readonly schedules: readonly ScheduleDefinition[];
  readonly lambda: Pick<Lambda, 'invoke'>;
  readonly invokeLater: (target: string, event: string) => void;
  readonly guard: Guard;
  readonly queues: Pick<DeadLetterQueues, 'send'>;
  readonly log?: (line: string) => void;
}): Scheduler => {
  const { schedules, lambda, invokeLater, guard, queues, log = () => {} } = options;
  const timers: NodeJS.Timeout[] = [];

  const everyMinute = (matches: (ms: number) => boolean, run: () => void) => {
    let minute = Math.floor(Date.now() / MINUTE_MS);
    const timer = setInterval(() => {
      const now = Math.floor(Date.now() / MINUTE_MS);
      if (now === minute) return;
      minute = now;
      if (matches(now * MINUTE_MS)) run();
    }, 1000);
    timers.push(timer);
  };

  /** What a schedule does in its role's name. A schedule whose role Scheduler may not take on is refused. */
  const asRole = ({ arn, roleArn, target, input, deadLetterQueueArn }: ScheduleDefinition) => {
    const role = guard.role(roleArn, { service: 'scheduler.amazonaws.com', sourceArn: groupOf(arn) });
    return {
      checkInvoker: () => guard.check(role, 'lambda:InvokeFunction', target),
      giveUp: async (error: unknown) => {
        log(`scheduler: ${arn}: ${(error as Error).message}`);
        if (deadLetterQueueArn === undefined) return;
        const [ERROR_CODE, ERROR_MESSAGE] = [(error as Error).name, (error as Error).message];
        const attributes = { ERROR_CODE, ERROR_MESSAGE, SCHEDULE_ARN: arn, TARGET_ARN: target };
        await queues
          .send(deadLetterQueueArn, { body: input, attributes }, role)
          .catch((second: unknown) => log(`scheduler: ${arn}: event lost: ${second}`));
      },
    };
  };
  const roles = new Map(schedules.map((schedule) => [schedule.name, asRole(schedule)]));

  // Expressions are read before anything runs, so that a bad one stops the start.
  const triggers = schedules.map(({ name, expression, timeZone, target, input }) => {
    const { checkInvoker, giveUp } = roles.get(name)!;
    const run = () => {
      try {
        checkInvoker();
        invokeLater(target, input);
      } catch (error) {
        void giveUp(error);
      }
    };
    const rate = rateOf(expression);
    if (rate !== undefined) {
      const first = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
      return () => everyMinute((ms) => (ms - first) % rate === 0, run);
    }
    const test = cronTest(expression);
    const clock = clockOf(timeZone);
    return () => everyMinute((ms) => test(clock(ms)), run);
  });
  for (const [i, schedule] of schedules.entries()) if (schedule.enabled) triggers[i]!();

  return {
    runNow: async (name) => {
      const schedule = schedules.find((one) => one.name === name);
      if (!schedule) {
        throw new Error(`no schedule ${name}: there are ${schedules.map((one) => one.name).join(', ') || 'none'}`);
      }
      roles.get(name)!.checkInvoker();
      let result: InvocationResult;
      do {
        result = await lambda.invoke(schedule.target, schedule.input);
        if (result.outcome === 'throttled') await sleep(50);
      } while (result.outcome === 'throttled');
      if (result.outcome === 'failed') {
        const { errorType, errorMessage } = result.fault;
        throw new Error(`schedule ${name}: its function failed with ${errorType}: ${errorMessage}`);
      }
    },
    stop: () => {
      for (const timer of timers) clearInterval(timer);
    },
  };
};

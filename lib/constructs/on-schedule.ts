import { Duration } from 'aws-cdk-lib';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { acknowledgeLastQueue } from './acknowledgements.ts';
import { failuresTo } from './failures-to.ts';
import type { PipelineFunction } from './pipeline-function.ts';
import { schedulerRole } from './scheduler-role.ts';

export interface OnSchedule {
  /** Of the schedule, in the function's scope. */
  readonly id: string;
  readonly description: string;
  readonly every: Duration;
}

/**
 * Runs a function again and again. The next run makes good for a missed one, so neither the schedule nor the invocation
 * is worth a retry; but somebody must be able to see it, in a queue.
 */
export const runOnSchedule = (fn: PipelineFunction, alias: Alias, { id, description, every }: OnSchedule): void => {
  const missed = new Queue(fn, 'Missed', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  acknowledgeLastQueue(missed, 'it is itself the dead-letter queue, of the schedule and of the invocations it starts');
  // Lambda keeps no event for longer than six hours.
  const maxEventAge = Duration.minutes(Math.min(every.toMinutes(), 360));
  const once = { retryAttempts: 0, maxEventAge };
  alias.configureAsyncInvoke({ ...once, onFailure: failuresTo(missed, fn.role) });
  new Schedule(fn, id, {
    description,
    schedule: ScheduleExpression.rate(every),
    target: new LambdaInvoke(alias, { ...once, deadLetterQueue: missed, role: schedulerRole(fn, 'Scheduler') }),
  });
};

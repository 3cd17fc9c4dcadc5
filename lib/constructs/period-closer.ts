import { Duration } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledgeLastQueue } from './acknowledgements.ts';
import { failuresTo } from './failures-to.ts';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';
import { schedulerRole } from './scheduler-role.ts';

/** Once a minute, computes what no message will ask for: hours that closed because nothing arrived, and leftovers. */
export class PeriodCloser extends PipelineFunction {
  constructor(
    scope: Construct,
    id: string,
    props: Omit<PipelineFunctionProps, 'reservedConcurrency' | 'afterFailure'>,
  ) {
    // One at a time: two would only wait for each other's locks.
    super(scope, id, {
      ...props,
      reservedConcurrency: 1,
      afterFailure: 'the alias, by which alone it is invoked, sends failed invocations to a queue',
    });
    const missed = new Queue(this, 'Missed', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledgeLastQueue(
      missed,
      'it is itself the dead-letter queue, of the schedule and of the invocations it starts',
    );

    // The next minute's run makes good for a missed one, so neither is worth a retry; but somebody must be able to see it.
    const once = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };
    const live = this.live();
    live.configureAsyncInvoke({ ...once, onFailure: failuresTo(missed, this.role) });
    new Schedule(this, 'EveryMinute', {
      description: 'closes hours for which no more messages come',
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new LambdaInvoke(live, { ...once, deadLetterQueue: missed, role: schedulerRole(this, 'Scheduler') }),
    });
  }
}

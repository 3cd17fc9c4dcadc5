import { Duration, Validations } from 'aws-cdk-lib';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';

/** Once a minute, computes what no message will ask for: hours that closed because nothing arrived, and leftovers. */
export class PeriodCloser extends PipelineFunction {
  constructor(scope: Construct, id: string, props: Omit<PipelineFunctionProps, 'reservedConcurrency'>) {
    // One at a time: two would only wait for each other's locks.
    super(scope, id, { ...props, reservedConcurrency: 1 });
    const missed = new Queue(this, 'Missed', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(missed).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'this queue is itself the dead-letter queue, of the schedule and of the invocations it starts',
    });

    // The next minute's run makes good for a missed one, so neither is worth a retry; but somebody must be able to see it.
    const once = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };
    const live = this.live();
    live.configureAsyncInvoke({ ...once, onFailure: new SqsDestination(missed) });
    new Schedule(this, 'EveryMinute', {
      description: 'closes hours for which no more messages come',
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new LambdaInvoke(live, { ...once, deadLetterQueue: missed }),
    });
  }
}

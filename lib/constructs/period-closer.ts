import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { runOnSchedule } from './on-schedule.ts';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';

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
    runOnSchedule(this, this.live(), {
      id: 'EveryMinute',
      description: 'closes hours for which no more messages come',
      every: Duration.minutes(1),
    });
  }
}

import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { RaiseAlarmsEnv, RaiseAlarmsOption } from '../../functions/raise-alarms/env.ts';
import type { StorageStack } from '../stacks/storage-stack.ts';
import { allowLogin, loginEnvironment } from './database-login.ts';
import { runOnSchedule } from './on-schedule.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { allowPublishing } from './topics.ts';

export interface AlarmRaiserProps {
  readonly storage: StorageStack;
}

/** Once a minute decides what people are to know of their plants, and publishes what waits to be told. */
export class AlarmRaiser extends PipelineFunction {
  /** For tests of the way to people, on request. */
  readonly alias: Alias;

  constructor(scope: Construct, id: string, { storage }: AlarmRaiserProps) {
    const { database, noticesTopic, escalationsTopic, logKey } = storage;
    // Given by whoever deploys: the console is deployed after this, so its address cannot be looked up.
    const consoleUrl: unknown = scope.node.tryGetContext('consoleUrl');
    // One at a time: two would publish the same notices.
    super(scope, id, {
      folder: 'raise-alarms',
      memorySize: 512,
      timeout: Duration.minutes(2),
      environment: {
        ...loginEnvironment(database.raiseAlarms),
        NOTICES_TOPIC_ARN: noticesTopic.topicArn,
        ESCALATIONS_TOPIC_ARN: escalationsTopic.topicArn,
        ...(consoleUrl === undefined ? {} : { CONSOLE_URL: consoleUrlOf(consoleUrl) }),
      } satisfies Record<RaiseAlarmsEnv, string> & Partial<Record<RaiseAlarmsOption, string>>,
      reservedConcurrency: 1,
      logKey,
      afterFailure: 'the alias, by which alone it is invoked, sends failed invocations to a queue',
    });
    allowLogin(this.role, database.raiseAlarms);
    for (const topic of [noticesTopic, escalationsTopic]) allowPublishing(this.role, topic);
    this.alias = this.live();
    runOnSchedule(this, this.alias, {
      id: 'EveryMinute',
      description: 'raises alarms and tells people',
      every: Duration.minutes(1),
    });
  }

  requests(): PolicyStatement {
    return new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.alias.functionArn] });
  }
}

/**
 * Context `consoleUrl`: where the console is, for links in notices.
 * @throws Error when it is no address of a web page
 */
const consoleUrlOf = (given: unknown): string => {
  const text = String(given).replace(/\/+$/, '');
  if (/^https?:\/\/[^\s/]+$/.test(text)) return text;
  throw new Error(
    `consoleUrl is ${JSON.stringify(given)}: give the console's address without a path (-c consoleUrl=https://d111111abcdef8.cloudfront.net)`,
  );
};

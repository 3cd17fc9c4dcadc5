import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { IotCounters } from './counters.ts';
import type { Expression, RuleMessage } from './expressions.ts';
import { compileTemplate } from './substitution.ts';

/** A resolved AWS::IoT::TopicRule, as far as the local cloud knows it. */
export interface TopicRule {
  readonly ruleName: string;
  readonly sql: string;
  /** Only '2016-03-23' is supported. @default '2015-10-08', as on AWS, and so refused */
  readonly awsIotSqlVersion?: string | undefined;
  readonly kinesisAction: { readonly streamName: string; readonly partitionKey: string; readonly roleArn: string };
  readonly errorAction?:
    | { readonly s3: { readonly bucketName: string; readonly key: string; readonly roleArn: string } }
    | undefined;
  readonly disabled?: boolean | undefined;
}

/** Where the actions of rules lead. A rejection means that the service refused. */
export interface ActionTargets {
  putRecord(streamName: string, partitionKey: string, data: Uint8Array, as: RuleRole): Promise<void>;
  putObject(bucket: string, key: string, body: Uint8Array, as: RuleRole): Promise<void>;
  /** Hears of what went wrong, for metrics. */
  count?(metric: RuleMetric, ruleName: string): void;
}

/** Metrics of a rule by their names on AWS. */
export type RuleMetric = 'RuleNotFound' | 'Failure' | 'ErrorActionFailure';

/** In whose name an action is done: a role that the rule takes on. */
export interface RuleRole {
  readonly roleArn: string;
  readonly ruleName: string;
}

/** A message on its way through one rule. */
export interface RuleRun {
  readonly message: RuleMessage;
  /** With the Basic Ingest prefix, as the device sent it. */
  readonly sentTopic: string;
  readonly record: Buffer;
}

const RETRY_DELAYS = [100, 300];
const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** After a first failure: tries again after each delay, rejects with the last error. */
const retry = async (attempt: () => Promise<void>, failure: unknown, counters: IotCounters): Promise<void> => {
  let error = failure;
  for (const wait of RETRY_DELAYS) {
    counters.actionRetries += 1;
    await delay(wait);
    try {
      return await attempt();
    } catch (again) {
      error = again;
    }
  }
  throw error;
};

const filled = (template: Expression, text: string, message: RuleMessage): string => {
  const value = template(message);
  if (value === undefined) throw new Error(`"${text}" has no value for topic "${message.topic}"`);
  return String(value);
};

/**
 * Compiles a rule's Kinesis action with its error action. The returned function calls `done` once, when the record is in
 * the stream, or the error object in the bucket, or both were refused.
 *
 * @throws Error for a substitution template that is not supported.
 */
export const compileActions = (
  { ruleName, kinesisAction, errorAction }: TopicRule,
  targets: ActionTargets,
  counters: IotCounters,
  log: (line: string) => void,
): ((run: RuleRun, done: () => void) => void) => {
  const { streamName, roleArn } = kinesisAction;
  const streamRole = { roleArn, ruleName };
  const partitionKey = compileTemplate(kinesisAction.partitionKey);
  const errorKey = errorAction && compileTemplate(errorAction.s3.key);

  // The shape that AWS documents: https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
  const errorObject = ({ message, sentTopic }: RuleRun, error: unknown): Buffer =>
    Buffer.from(
      JSON.stringify({
        ruleName,
        topic: sentTopic,
        cloudwatchTraceId: randomUUID(),
        clientId: message.clientId,
        base64OriginalPayload: message.payload.toString('base64'),
        failures: [
          {
            failedAction: 'KinesisAction',
            failedResource: streamName,
            errorMessage: `Failed to publish record to Kinesis stream. The error received was ${reason(error)}. Message arrived on: ${sentTopic}, Action: kinesis, Stream: ${streamName}, Partition key template: ${kinesisAction.partitionKey}`,
          },
        ],
      }),
    );

  const fail = async (run: RuleRun, error: unknown): Promise<void> => {
    counters.actionFailure += 1;
    targets.count?.('Failure', ruleName);
    try {
      if (!errorAction || !errorKey) throw new Error('the rule has no error action');
      const key = filled(errorKey, errorAction.s3.key, run.message);
      const body = errorObject(run, error);
      const put = () =>
        targets.putObject(errorAction.s3.bucketName, key, body, { roleArn: errorAction.s3.roleArn, ruleName });
      await put().catch((refusal: unknown) => retry(put, refusal, counters));
      counters.errorActionSuccess += 1;
      log(`iot: rule ${ruleName}: ${reason(error)}; message kept in s3://${errorAction.s3.bucketName}/${key}`);
    } catch (second) {
      counters.errorActionFailure += 1;
      targets.count?.('ErrorActionFailure', ruleName);
      log(
        `iot: rule ${ruleName}: MESSAGE LOST from ${run.sentTopic}: ${reason(error)}; error action: ${reason(second)}`,
      );
    }
  };

  return (run, done) => {
    const succeed = () => {
      counters.actionSuccess += 1;
      done();
    };
    const giveUp = (error: unknown) => void fail(run, error).then(done);
    try {
      const key = filled(partitionKey, kinesisAction.partitionKey, run.message);
      const put = () => targets.putRecord(streamName, key, run.record, streamRole);
      // Nearly every message goes this way, and needs no promise but the one that putRecord returns.
      put().then(succeed, (error: unknown) => void retry(put, error, counters).then(succeed, giveUp));
    } catch (error) {
      giveUp(error);
    }
  };
};

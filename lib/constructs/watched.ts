import { type CfnElement, type Stack, Token } from 'aws-cdk-lib';
import { CfnApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import { CfnStream } from 'aws-cdk-lib/aws-kinesis';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnDBCluster, CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';
import type { Watched } from '../alarms.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { StreamConsumer } from './stream-consumer.ts';

/** One resource that alarms watch. */
export interface WatchedResource {
  /** Tells it from others of its kind; empty where there is one only. */
  readonly name: string;
  /** Dimensions of AWS's metrics of it. Of a mapping's own metrics, see `mappingDimensions`. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Of a consumer: the dimensions under which Lambda counts what its mapping reads. */
  readonly mappingDimensions?: Readonly<Record<string, string>>;
  /** Of a consumer: those of the stream that it reads. */
  readonly streamDimensions?: Readonly<Record<string, string>>;
  /** Of a consumer the milliseconds that it may be busy in a minute, of a database its connections. */
  readonly limit?: number;
}

export type WatchedResources = Readonly<Record<Watched, readonly WatchedResource[]>>;

/**
 * What there is to watch in these stacks: every function, stream, queue and so on, whichever part of the product made
 * it, so that a new one is watched without anybody thinking of it.
 */
export const watchedIn = (stacks: readonly Stack[]): WatchedResources => {
  const all = stacks.flatMap((stack) => stack.node.findAll());
  const of = <T extends IConstruct>(kind: abstract new (...args: never[]) => T): T[] =>
    all.filter((construct): construct is T => construct instanceof kind);
  const clusters = of(CfnDBCluster).map(database);
  return {
    function: of(PipelineFunction).map((fn) => ({ name: fn.title, dimensions: functionDimensions(fn) })),
    consumer: of(StreamConsumer).map((fn) => ({
      name: fn.title,
      dimensions: functionDimensions(fn),
      mappingDimensions: { EventSourceMappingUUID: fn.mappingId },
      streamDimensions: { StreamName: fn.source.streamName },
      limit: reservedOf(fn) * 60_000,
    })),
    stream: of(CfnStream).map((stream) => ({
      name: nameOf(stream).split('-').at(-1)!,
      dimensions: { StreamName: stream.ref },
    })),
    queue: of(CfnQueue).map((queue) => ({ name: nameOf(queue), dimensions: { QueueName: queue.attrQueueName } })),
    rule: of(CfnTopicRule).map((rule) => ({ name: '', dimensions: { RuleName: rule.ref } })),
    database: clusters,
    standby: of(CfnDBInstance).some(({ promotionTier }) => promotionTier === 1) ? clusters : [],
    api: of(CfnApi).map(({ ref }) => ({ name: '', dimensions: { ApiId: ref } })),
    'state machine': of(CfnStateMachine).map(({ ref }) => ({ name: '', dimensions: { StateMachineArn: ref } })),
    counts: [{ name: '', dimensions: {} }],
  };
};

const functionDimensions = (fn: PipelineFunction) => ({ FunctionName: fn.function.functionName });

const reservedOf = (fn: PipelineFunction): number => {
  const { reservedConcurrentExecutions: reserved } = fn.function.node.defaultChild as CfnFunction;
  if (typeof reserved === 'number' && !Token.isUnresolved(reserved)) return reserved;
  throw new Error(`${fn.node.path} reads a stream and has no reserved concurrency to compare its use with`);
};

const database = (cluster: CfnDBCluster): WatchedResource => {
  // The construct of the cluster writes it only when it is resolved.
  const scaling: unknown = cluster.stack.resolve(cluster.serverlessV2ScalingConfiguration);
  const { minCapacity = 0, maxCapacity = 0 } = scaling as CfnDBCluster.ServerlessV2ScalingConfigurationProperty;
  // Aurora derives max_connections from the greatest capacity, about 200 for each unit of 2 GiB, and halves its ceiling
  // for clusters that may shrink to half a unit.
  const limit = Math.min(200 * maxCapacity, minCapacity <= 0.5 ? 2000 : 5000);
  return { name: '', dimensions: { DBClusterIdentifier: cluster.ref }, limit };
};

/** `ClosePeriods/Missed/Resource` of any stack: close-periods-missed. */
const nameOf = (resource: CfnElement): string =>
  resource.node.path
    .split('/')
    .slice(1, -1)
    .join('-')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase();

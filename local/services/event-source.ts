import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { itemOf } from './event-source/batch.ts';
import { type Checkpoints, openCheckpoints } from './event-source/checkpoints.ts';
import { laneReader } from './event-source/collect.ts';
import { discardedObject } from './event-source/discarded.ts';
import { type Backoff, type Lane, type LaneOptions, runLane } from './event-source/lane.ts';
import type { EventSourceMapping, MappingCounters, MappingObserver } from './event-source/mapping.ts';
import type { Guard, Principal } from './iam/guard.ts';
import type { Cursor, Shard } from './kinesis/shard.ts';
import { hashKeyOf, type KinesisStream } from './kinesis/stream.ts';
import type { Kinesis } from './kinesis.ts';
import type { Lambda } from './lambda.ts';

export interface EventSources {
  /** True when every record of every stream is done, nothing is in flight and no batch is being gathered. */
  readonly quiet: boolean;
  /** Resolves at a moment at which all mappings are quiet at once. */
  settled(): Promise<void>;
  counters(): readonly (MappingCounters & {
    readonly function: string;
    readonly stream: string;
    /** Age of the oldest record in work. */
    readonly iteratorAgeMs: number;
  })[];
  /** Begins no more invocations, waits up to five seconds for those under way, writes the checkpoints. */
  stop(): Promise<void>;
}

export interface EventSourceOptions {
  readonly dataDir: string;
  readonly mappings: readonly EventSourceMapping[];
  readonly kinesis: Pick<Kinesis, 'stream' | 'writing'>;
  readonly lambda: Pick<Lambda, 'invoke' | 'titleOf' | 'roleOf'>;
  readonly failures: Failures;
  readonly observe?: (mapping: EventSourceMapping) => MappingObserver;
  readonly guard: Pick<Guard, 'check'>;
  readonly log?: (line: string) => void;
  readonly now?: () => number;
  readonly backoff?: Backoff;
}

/** Buckets for what is given up, by what S3 lets a function's role do with them. */
export interface Failures {
  putObject(bucket: string, key: string, body: string, caller: Principal): Promise<unknown>;
  checkLister(bucket: string, caller: Principal): void;
}

/** How long a lane waits after its first failure in a row, doubled by each further one, times a random share. */
const BACKOFF: Backoff = { firstMs: 100, maxMs: 30_000 };
const STOP_MS = 5000;

/** Kinesis event source mappings: for each shard as many lanes as the mapping says, one invocation at a time in each. */
export const startEventSources = async (options: EventSourceOptions): Promise<EventSources> => {
  const { mappings, kinesis, lambda, now = Date.now } = options;
  // Everything that can fail comes before the first lane runs.
  const prepared: Prepared[] = [];
  for (const mapping of mappings) prepared.push(await prepare(mapping, options));
  const running = prepared.map((one) => ({ ...one, ...runMapping(one, options) }));
  const all = running.flatMap(({ lanes }) => lanes);
  const quiet = () => !kinesis.writing && all.every((lane) => lane.quiet);

  return {
    get quiet() {
      return quiet();
    },
    settled: async () => {
      while (!quiet()) await sleep(20);
    },
    counters: () =>
      running.map(({ mapping, stream, counters, lanes }) => ({
        function: lambda.titleOf(mapping.target),
        stream: stream.name,
        ...counters,
        iteratorAgeMs: Math.max(0, ...lanes.map(({ oldest }) => (oldest === undefined ? 0 : now() - oldest))),
      })),
    stop: async () => {
      for (const lane of all) lane.stop();
      const ended = Promise.all(all.map((lane) => lane.ended));
      await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
      for (const { checkpoints } of running) await checkpoints.close();
    },
  };
};

interface Prepared {
  readonly mapping: EventSourceMapping;
  readonly stream: KinesisStream;
  readonly title: string;
  readonly checkpoints: Checkpoints;
  readonly starts: readonly {
    readonly shard: Shard;
    readonly number: number;
    readonly lane: number;
    readonly from: Cursor;
  }[];
}

const prepare = async (mapping: EventSourceMapping, options: EventSourceOptions): Promise<Prepared> => {
  const { dataDir, kinesis, lambda, log = () => {} } = options;
  const { id, parallelizationFactor, startingPosition } = mapping;
  const stream = kinesis.stream(mapping.streamArn);
  const title = lambda.titleOf(mapping.target);
  checkRole(mapping, stream, options);
  const checkpoints = await openCheckpoints(join(dataDir, 'event-sources'), id, parallelizationFactor, log);
  const starts: Prepared['starts'][number][] = [];
  for (const [number, shard] of stream.logs.entries()) {
    const begin = startingPosition === 'LATEST' ? shard.end : shard.first;
    const known = checkpoints.of(shard.id);
    for (let lane = 0; lane < parallelizationFactor; lane++) {
      starts.push({ shard, number, lane, from: await shard.seek(known?.[lane] ?? begin) });
    }
  }
  return { mapping, stream, title, checkpoints, starts };
};

/**
 * Lambda reads with the function's role, and refuses a mapping whose role may not: on AWS at deployment, here at start,
 * after which no policy changes.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
 */
const READS = ['DescribeStream', 'DescribeStreamSummary', 'ListShards', 'GetShardIterator', 'GetRecords'];

const checkRole = (
  { target, onFailureBucket }: EventSourceMapping,
  { arn, keyArn }: KinesisStream,
  { lambda, failures, guard }: EventSourceOptions,
): void => {
  const role = lambda.roleOf(target);
  try {
    for (const action of READS) guard.check(role, `kinesis:${action}`, arn);
    if (keyArn !== undefined) {
      guard.check(role, 'kms:Decrypt', keyArn, {
        'kms:ViaService': `kinesis.${arn.split(':')[3]}.amazonaws.com`,
        'kms:EncryptionContext:aws:kinesis:arn': arn,
      });
    }
    // Documented as needed for an S3 destination; when Lambda lists is not.
    if (onFailureBucket !== undefined) failures.checkLister(onFailureBucket, role);
  } catch (cause) {
    throw new Error(`event source of ${lambda.titleOf(target)}: ${(cause as Error).message}`, { cause });
  }
};

const runMapping = (
  { mapping, stream, title, checkpoints, starts }: Prepared,
  { lambda, failures, observe, log = () => {}, now = Date.now, backoff = BACKOFF }: EventSourceOptions,
): { readonly counters: MappingCounters; readonly lanes: readonly Lane[] } => {
  const counters = { records: 0, batches: 0, errors: 0, throttles: 0, discardedBatches: 0, discardedRecords: 0 };
  const role = lambda.roleOf(mapping.target);
  const laneOf = lanesByKey(mapping.parallelizationFactor);
  const observer = observe?.(mapping);

  const discardOf =
    (shardId: string): LaneOptions['discard'] =>
    async (items, why) => {
      const about = `${items.length} record(s) of ${stream.name} from ${items[0]!.sequenceNumber}`;
      log(`event source: ${title} gives up ${about}: ${why.condition}`);
      if (!mapping.onFailureBucket) return;
      const identity = { mappingId: mapping.id, functionArn: mapping.target, streamArn: stream.arn };
      const object = discardedObject({ ...identity, shardId, items, ...why }, now());
      await failures.putObject(mapping.onFailureBucket, object.key, object.body, role);
      observer?.delivered(items.length);
    };

  const lanes = starts.map(({ shard, number, lane, from }) => {
    const checkpoint = (position: number) => checkpoints.set(shard.id, lane, position);
    checkpoint(from.position);
    return runLane({
      reader: laneReader({
        shard,
        from,
        isMine: (key) => laneOf(key) === lane,
        toItem: itemOf({ shard: number, shardId: shard.id, streamArn: stream.arn, role: role.arn }),
        batchSize: mapping.batchSize,
        windowMs: mapping.batchingWindowSeconds * 1000,
      }),
      mapping,
      maximumAgeMs: Math.min(mapping.maximumRecordAgeSeconds * 1000, stream.retentionHours * 3_600_000),
      counters,
      backoff,
      now,
      log,
      observer,
      invoke: (event) => lambda.invoke(mapping.target, event),
      checkpoint,
      discard: discardOf(shard.id),
    });
  });
  return { counters, lanes };
};

/** Lane by partition key, from the low end of the hash whose high end chooses the shard. */
const lanesByKey = (factor: number): ((partitionKey: string) => number) => {
  const known = new Map<string, number>();
  return (key) => {
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    if (known.size >= 20_000) known.clear();
    const lane = Number(hashKeyOf(key) % BigInt(factor));
    known.set(key, lane);
    return lane;
  };
};

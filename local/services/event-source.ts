import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { itemOf } from './event-source/batch.ts';
import { type Checkpoints, openCheckpoints } from './event-source/checkpoints.ts';
import { laneReader } from './event-source/collect.ts';
import { discardedObject } from './event-source/discarded.ts';
import { type Backoff, type Lane, runLane } from './event-source/lane.ts';
import type { EventSourceMapping, MappingCounters } from './event-source/mapping.ts';
import { hashKeyOf, type KinesisStream } from './kinesis/stream.ts';
import type { Kinesis } from './kinesis.ts';
import { functionNameOf, type Lambda } from './lambda.ts';

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

/** How long a lane waits after its first failure in a row, doubled by each further one, times a random share. */
const BACKOFF: Backoff = { firstMs: 100, maxMs: 30_000 };
const STOP_MS = 5000;

/** Kinesis event source mappings: for each shard as many lanes as the mapping says, one invocation at a time in each. */
export const startEventSources = async (options: {
  readonly dataDir: string;
  readonly mappings: readonly EventSourceMapping[];
  readonly kinesis: Pick<Kinesis, 'stream' | 'writing'>;
  readonly lambda: Pick<Lambda, 'invoke' | 'titleOf'>;
  readonly putObject: (bucket: string, key: string, body: string) => Promise<unknown>;
  readonly log?: (line: string) => void;
  readonly now?: () => number;
  readonly backoff?: Backoff;
}): Promise<EventSources> => {
  const { kinesis, log = () => {}, now = Date.now } = options;
  const running: { mapping: EventSourceMapping; stream: KinesisStream; counters: MappingCounters; lanes: Lane[] }[] =
    [];
  const files: Checkpoints[] = [];

  for (const mapping of options.mappings) {
    const stream = kinesis.stream(mapping.streamArn);
    const title = options.lambda.titleOf(mapping.target);
    const folder = join(options.dataDir, 'event-sources');
    const checkpoints = await openCheckpoints(folder, mapping.id, mapping.parallelizationFactor, log);
    files.push(checkpoints);
    const counters = { records: 0, batches: 0, errors: 0, throttles: 0, discardedBatches: 0, discardedRecords: 0 };
    const lanes: Lane[] = [];
    const laneOf = lanesByKey(mapping.parallelizationFactor);
    for (const [number, shard] of stream.logs.entries()) {
      const start = mapping.startingPosition === 'LATEST' ? shard.end : shard.first;
      for (let lane = 0; lane < mapping.parallelizationFactor; lane++) {
        const from = await shard.seek(checkpoints.of(shard.id)?.[lane] ?? start);
        checkpoints.set(shard.id, lane, from.position);
        const source = { shard: number, shardId: shard.id, streamArn: stream.arn, role: roleOf(mapping) };
        lanes.push(
          runLane({
            reader: laneReader({
              shard,
              from,
              isMine: (key) => laneOf(key) === lane,
              toItem: itemOf(source),
              batchSize: mapping.batchSize,
              windowMs: mapping.batchingWindowSeconds * 1000,
            }),
            mapping,
            maximumAgeMs: Math.min(mapping.maximumRecordAgeSeconds * 1000, stream.retentionHours * 3_600_000),
            counters,
            backoff: options.backoff ?? BACKOFF,
            now,
            log,
            invoke: (event) => options.lambda.invoke(mapping.target, event),
            checkpoint: (position) => checkpoints.set(shard.id, lane, position),
            discard: async (items, why) => {
              const about = `${items.length} record(s) of ${stream.name} from ${items[0]!.sequenceNumber}`;
              log(`event source: ${title} gives up ${about}: ${why.condition}`);
              if (!mapping.onFailureBucket) return;
              const identity = { mappingId: mapping.id, functionArn: mapping.target, streamArn: stream.arn };
              const object = discardedObject({ ...identity, shardId: shard.id, items, ...why }, now());
              await options.putObject(mapping.onFailureBucket, object.key, object.body);
            },
          }),
        );
      }
    }
    running.push({ mapping, stream, counters, lanes });
  }

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
        function: options.lambda.titleOf(mapping.target),
        stream: stream.name,
        ...counters,
        iteratorAgeMs: Math.max(0, ...lanes.map(({ oldest }) => (oldest === undefined ? 0 : now() - oldest))),
      })),
    stop: async () => {
      for (const lane of all) lane.stop();
      const ended = Promise.allSettled(all.map((lane) => lane.ended));
      await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
      for (const file of files) await file.close();
    },
  };
};

const roleOf = ({ target }: EventSourceMapping): string => `arn:aws:iam::000000000000:role/${functionNameOf(target)}`;

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

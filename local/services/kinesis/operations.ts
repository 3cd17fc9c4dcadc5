import * as z from 'zod';
import { AwsError, type Operation } from '../aws-json.ts';
import type { Principal } from '../iam/guard.ts';
import type { StreamAccess } from './access.ts';
import type { NewRecord } from './frame.ts';
import { positionOf, sequenceNumber } from './sequence-number.ts';
import { type KinesisStream, shardId } from './stream.ts';

const MAX_RECORDS = 500;
const MAX_KEY_LENGTH = 256;
const MAX_RECORD_BYTES = 1024 * 1024;
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;
const MAX_READ_RECORDS = 10_000;
const MAX_READ_BYTES = 10 * 1024 * 1024;
const ITERATOR_LIFETIME_MS = 5 * 60_000;

/** What a test makes a shard answer in place of storing a record. */
export type PutFault = (put: {
  readonly stream: string;
  readonly partitionKey: string;
}) => 'ProvisionedThroughputExceededException' | 'InternalFailure' | undefined;

const streamId = {
  StreamName: z.string().optional(),
  StreamARN: z.string().optional(),
  StreamId: z.string().optional(),
};
const entry = {
  Data: z.string(),
  PartitionKey: z.string(),
  ExplicitHashKey: z
    .string()
    .regex(/^\d{1,39}$/)
    .optional(),
};
const putRecord = z.object({ ...streamId, ...entry });
const putRecords = z.object({ ...streamId, Records: z.array(z.object(entry)).min(1).max(MAX_RECORDS) });
const shardIterator = z.object({
  ...streamId,
  ShardId: z.string(),
  ShardIteratorType: z.enum(['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER', 'TRIM_HORIZON', 'LATEST']),
  StartingSequenceNumber: z.string().optional(),
});
const getRecords = z.object({ ShardIterator: z.string(), Limit: z.int().min(1).max(MAX_READ_RECORDS).optional() });
const iteratorToken = z.tuple([z.string(), z.int(), z.int(), z.number()]);

const parse = <T>(schema: z.ZodType<T>, input: unknown): T => {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new AwsError('ValidationException', `${issue?.path.join('.')}: ${issue?.message}`);
};

/** Node skips what is not base64; the length tells. (zod's pattern costs more than everything else of the call.) */
const decode = (text: string): Buffer => {
  const data = Buffer.from(text, 'base64');
  if (data.length === Buffer.byteLength(text, 'base64')) return data;
  throw new AwsError('SerializationException', `Data is not base64: ${text.slice(0, 40)}`);
};

/** @throws AwsError for a record that no shard takes; returns its size as Kinesis counts it */
export const checkedSize = (partitionKey: string, data: Uint8Array): number => {
  if (partitionKey.length < 1 || partitionKey.length > MAX_KEY_LENGTH) {
    const length = partitionKey.length;
    throw new AwsError('ValidationException', `partition key of ${length} characters, expected 1 to ${MAX_KEY_LENGTH}`);
  }
  const size = data.length + Buffer.byteLength(partitionKey);
  if (size > MAX_RECORD_BYTES) {
    throw new AwsError('ValidationException', `record of ${size} bytes with its key, at most ${MAX_RECORD_BYTES}`);
  }
  return size;
};

/** The operations of Kinesis that producers and readers use. Shard throughput is not limited. */
export const kinesisOperations = (options: {
  readonly find: (nameOrArn: string) => KinesisStream | undefined;
  readonly access: StreamAccess;
  readonly fault: PutFault;
  readonly now: () => number;
}): Readonly<Record<string, Operation>> => {
  const { find, access, fault, now } = options;
  const streamOf = ({ StreamName, StreamARN }: { StreamName?: string | undefined; StreamARN?: string | undefined }) => {
    const asked = StreamName ?? StreamARN;
    const stream = asked === undefined ? undefined : find(asked);
    if (!stream) throw new AwsError('ResourceNotFoundException', `stream ${asked ?? '(none named)'} not found`);
    return stream;
  };
  const open = (
    caller: Principal,
    operation: string,
    use: Parameters<StreamAccess>[3],
    asked: Parameters<typeof streamOf>[0],
  ) => {
    const stream = streamOf(asked);
    access(caller, operation, stream, use);
    return stream;
  };

  const put = async (stream: KinesisStream, entries: readonly z.infer<z.ZodObject<typeof entry>>[]) => {
    const records = entries.map((one) => ({ ...one, data: decode(one.Data) }));
    const total = records.reduce((sum, { PartitionKey, data }) => sum + checkedSize(PartitionKey, data), 0);
    if (total > MAX_REQUEST_BYTES) {
      throw new AwsError('InvalidArgumentException', `records of ${total} bytes, at most ${MAX_REQUEST_BYTES} a call`);
    }
    const results: Record<string, string>[] = new Array(records.length);
    const byShard = new Map<number, { indexes: number[]; batch: NewRecord[] }>();
    for (const [index, { PartitionKey, ExplicitHashKey, data }] of records.entries()) {
      const code = fault({ stream: stream.name, partitionKey: PartitionKey });
      if (code) {
        results[index] = { ErrorCode: code, ErrorMessage: `${code} on stream ${stream.name}` };
        continue;
      }
      const shard = stream.shardOf(PartitionKey, ExplicitHashKey);
      const part = byShard.get(shard) ?? { indexes: [], batch: [] };
      byShard.set(shard, part);
      part.indexes.push(index);
      part.batch.push({ key: PartitionKey, data });
    }
    await Promise.all(
      [...byShard].map(async ([shard, { indexes, batch }]) => {
        const first = await stream.logs[shard]!.append(batch);
        for (const [i, index] of indexes.entries()) {
          results[index] = { SequenceNumber: sequenceNumber(shard, first + i), ShardId: shardId(shard) };
        }
      }),
    );
    return results;
  };

  const token = (stream: string, shard: number, position: number) =>
    Buffer.from(JSON.stringify([stream, shard, position, now()])).toString('base64url');

  const readToken = (text: string) => {
    try {
      return iteratorToken.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    } catch (cause) {
      throw new AwsError('InvalidArgumentException', `shard iterator ${text} is not one of this server: ${cause}`);
    }
  };

  return {
    PutRecord: async (input, caller) => {
      const request = parse(putRecord, input);
      const [result] = await put(open(caller, 'PutRecord', 'write', request), [request]);
      if (result?.ErrorCode) throw new AwsError(result.ErrorCode, result.ErrorMessage ?? '');
      return { ...result, EncryptionType: 'NONE' };
    },
    PutRecords: async (input, caller) => {
      const request = parse(putRecords, input);
      const Records = await put(open(caller, 'PutRecords', 'write', request), request.Records);
      return { FailedRecordCount: Records.filter((one) => one.ErrorCode).length, Records, EncryptionType: 'NONE' };
    },
    DescribeStreamSummary: (input, caller) => {
      const stream = open(caller, 'DescribeStreamSummary', 'describe', parse(z.object(streamId), input));
      return {
        StreamDescriptionSummary: {
          StreamName: stream.name,
          StreamARN: stream.arn,
          StreamStatus: 'ACTIVE',
          StreamModeDetails: { StreamMode: 'PROVISIONED' },
          RetentionPeriodHours: stream.retentionHours,
          EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
          EncryptionType: 'NONE',
          OpenShardCount: stream.shards,
          ConsumerCount: 0,
        },
      };
    },
    ListShards: (input, caller) => {
      const stream = open(caller, 'ListShards', 'describe', parse(z.object(streamId), input));
      return {
        Shards: stream.logs.map((log, number) => ({
          ShardId: log.id,
          HashKeyRange: {
            StartingHashKey: String(stream.rangeOf(number).start),
            EndingHashKey: String(stream.rangeOf(number).end),
          },
          SequenceNumberRange: { StartingSequenceNumber: sequenceNumber(number, 0) },
        })),
      };
    },
    GetShardIterator: (input, caller) => {
      const request = parse(shardIterator, input);
      const stream = open(caller, 'GetShardIterator', 'describe', request);
      const number = stream.logs.findIndex((log) => log.id === request.ShardId);
      const log = stream.logs[number];
      if (!log) throw new AwsError('ResourceNotFoundException', `stream ${stream.name} has no ${request.ShardId}`);
      const asked = () => positionOf(request.StartingSequenceNumber ?? '', number);
      const position = {
        AT_SEQUENCE_NUMBER: asked,
        AFTER_SEQUENCE_NUMBER: () => asked() + 1,
        TRIM_HORIZON: () => log.first,
        LATEST: () => log.end,
      }[request.ShardIteratorType]();
      return { ShardIterator: token(stream.name, number, position) };
    },
    GetRecords: async (input, caller) => {
      const request = parse(getRecords, input);
      const [name, number, position, issued] = readToken(request.ShardIterator);
      if (now() - issued > ITERATOR_LIFETIME_MS) {
        throw new AwsError('ExpiredIteratorException', 'the shard iterator is older than 5 minutes');
      }
      const log = open(caller, 'GetRecords', 'read', { StreamName: name }).logs[number];
      if (!log) throw new AwsError('ResourceNotFoundException', `stream ${name} has no ${shardId(number)}`);
      const { records, next } = await log.read(await log.seek(position), MAX_READ_BYTES);
      const taken = records.slice(0, request.Limit ?? MAX_READ_RECORDS);
      const last = taken.at(-1);
      const following = taken.length < records.length ? last!.position + 1 : next.position;
      return {
        Records: taken.map((record) => ({
          SequenceNumber: sequenceNumber(number, record.position),
          ApproximateArrivalTimestamp: record.arrival / 1000,
          Data: record.data.toString('base64'),
          PartitionKey: record.key,
        })),
        NextShardIterator: token(name, number, following),
        MillisBehindLatest: following < log.end && last ? Math.max(0, now() - last.arrival) : 0,
      };
    },
  };
};

import { join } from 'node:path';
import { AwsError, serveJson11 } from './aws-json.ts';
import type { Guard, Principal } from './iam/guard.ts';
import { streamAccess } from './kinesis/access.ts';
import { checkedSize, kinesisOperations, type PutFault } from './kinesis/operations.ts';
import { sequenceNumber } from './kinesis/sequence-number.ts';
import { type KinesisStream, openStream, type StreamDefinition } from './kinesis/stream.ts';

/** 10 MiB of records in base64, with room for the keys. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const REGION = 'us-east-1';

export interface Kinesis {
  readonly endpoint: string;
  /**
   * Puts one record as `PutRecord` does, without the way over HTTP. Resolves with its sequence number.
   * @throws AwsError AccessDeniedException when `caller` may not
   */
  putRecord(stream: string, partitionKey: string, data: Uint8Array, caller: Principal): Promise<string>;
  /** The stream of that name or ARN, for pollers in this process, which see to it that they may read it. */
  stream(nameOrArn: string): KinesisStream;
  /** True while a record is on its way to a file. */
  readonly writing: boolean;
  stop(): Promise<void>;
}

/** Kinesis Data Streams on files: `PutRecord`, `PutRecords`, `ListShards`, `GetRecords` and what belongs to them. */
export const startKinesis = async (options: {
  readonly dataDir: string;
  readonly streams: readonly StreamDefinition[];
  readonly guard: Guard;
  readonly log?: (line: string) => void;
  readonly port?: number;
  readonly fault?: PutFault;
  readonly now?: () => number;
  readonly segmentBytes?: number;
}): Promise<Kinesis> => {
  const { dataDir, guard, log = () => {}, port = 0, fault = () => undefined, now = Date.now, segmentBytes } = options;
  const access = streamAccess(guard, REGION);
  const folder = join(dataDir, 'kinesis');
  const streams: KinesisStream[] = [];
  const close = async () => {
    for (const stream of streams) await stream.close();
  };
  try {
    for (const definition of options.streams) {
      streams.push(await openStream(definition, { folder, now, log, ...(segmentBytes && { segmentBytes }) }));
    }
    const byName = new Map(
      streams.flatMap((stream) => [[stream.name, stream] as const, [stream.arn, stream] as const]),
    );
    const listening = await serveJson11({
      guard,
      operations: kinesisOperations({ find: (nameOrArn) => byName.get(nameOrArn), access, fault, now }),
      port,
      limit: MAX_BODY_BYTES,
    });
    const stream = (nameOrArn: string): KinesisStream => {
      const found = byName.get(nameOrArn);
      if (!found) throw new Error(`no stream ${nameOrArn}: there are ${streams.map(({ name }) => name).join(', ')}`);
      return found;
    };
    return {
      endpoint: listening.endpoint,
      stream,
      putRecord: async (name, partitionKey, data, caller) => {
        const target = stream(name);
        access(caller, 'PutRecord', target, 'write');
        const code = fault({ stream: target.name, partitionKey });
        if (code) throw new AwsError(code, `${code} on stream ${target.name}`);
        checkedSize(partitionKey, data);
        const shard = target.shardOf(partitionKey);
        return sequenceNumber(shard, await target.logs[shard]!.append([{ key: partitionKey, data }]));
      },
      get writing() {
        return streams.some(({ logs }) => logs.some((log) => log.writing));
      },
      stop: async () => {
        await listening.stop();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
};

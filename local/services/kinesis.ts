import { join } from 'node:path';
import { serveJson11 } from './aws-json.ts';
import { openGuard } from './iam/guard.ts';
import { checkedSize, kinesisOperations, type PutFault } from './kinesis/operations.ts';
import { sequenceNumber } from './kinesis/sequence-number.ts';
import { type KinesisStream, openStream, type StreamDefinition } from './kinesis/stream.ts';

/** 10 MiB of records in base64, with room for the keys. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export interface Kinesis {
  readonly endpoint: string;
  /** Puts one record as `PutRecord` does, without the way over HTTP. Resolves with its sequence number. */
  putRecord(stream: string, partitionKey: string, data: Uint8Array): Promise<string>;
  /** The stream of that name or ARN, for pollers in this process. */
  stream(nameOrArn: string): KinesisStream;
  /** True while a record is on its way to a file. */
  readonly writing: boolean;
  stop(): Promise<void>;
}

/** Kinesis Data Streams on files: `PutRecord`, `PutRecords`, `ListShards`, `GetRecords` and what belongs to them. */
export const startKinesis = async (options: {
  readonly dataDir: string;
  readonly streams: readonly StreamDefinition[];
  readonly log?: (line: string) => void;
  readonly port?: number;
  readonly fault?: PutFault;
  readonly now?: () => number;
  readonly segmentBytes?: number;
}): Promise<Kinesis> => {
  const { dataDir, log = () => {}, port = 0, fault = () => undefined, now = Date.now, segmentBytes } = options;
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
      guard: openGuard,
      operations: kinesisOperations({ find: (nameOrArn) => byName.get(nameOrArn), fault, now }),
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
      putRecord: async (name, partitionKey, data) => {
        const target = stream(name);
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

import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openShard, type Shard, type ShardOptions } from './shard.ts';

export interface StreamDefinition {
  readonly name: string;
  readonly arn: string;
  readonly shards: number;
  readonly retentionHours: number;
  /** The customer's key that encrypts it. @default Kinesis' own, for which nobody needs a permission */
  readonly keyArn?: string;
}

export interface KinesisStream extends StreamDefinition {
  readonly logs: readonly Shard[];
  /** Range of hash keys of a shard, both ends included. */
  rangeOf(shard: number): { readonly start: bigint; readonly end: bigint };
  /** Number of the shard of a partition key, or of the hash key that is given in its stead. */
  shardOf(partitionKey: string, explicitHashKey?: string): number;
  close(): Promise<void>;
}

const HASH_KEYS = 1n << 128n;

/** MD5 of a partition key as a 128-bit number: what Kinesis spreads keys over shards by. */
export const hashKeyOf = (partitionKey: string): bigint =>
  BigInt(`0x${createHash('md5').update(partitionKey, 'utf8').digest('hex')}`);

export const shardId = (number: number): string => `shardId-${String(number).padStart(12, '0')}`;

/** Shard numbers by partition key; facilities are few and return every minute. */
const CACHED_KEYS = 20_000;

export const openStream = async (
  definition: StreamDefinition,
  options: Omit<ShardOptions, 'id' | 'retentionMs'>,
): Promise<KinesisStream> => {
  const { name, shards, retentionHours } = definition;
  const folder = join(options.folder, name);
  await mkdir(folder, { recursive: true });
  const stored = (await readdir(folder)).filter((entry) => entry.startsWith('shardId-')).length;
  if (stored > 0 && stored !== shards) {
    throw new Error(
      `stream ${name} has ${stored} shard(s) in ${folder} but ${shards} in the template: ` +
        'start with the profile it was made with, or with another data folder',
    );
  }
  const width = HASH_KEYS / BigInt(shards);
  const logs: Shard[] = [];
  for (let number = 0; number < shards; number++) {
    logs.push(await openShard({ ...options, folder, id: shardId(number), retentionMs: retentionHours * 3_600_000 }));
  }
  const shardOfHash = (hash: bigint) => Math.min(Number(hash / width), shards - 1);
  const known = new Map<string, number>();
  const shardOf = (partitionKey: string, explicitHashKey?: string): number => {
    if (explicitHashKey !== undefined) return shardOfHash(BigInt(explicitHashKey));
    const cached = known.get(partitionKey);
    if (cached !== undefined) return cached;
    if (known.size >= CACHED_KEYS) known.clear();
    const shard = shardOfHash(hashKeyOf(partitionKey));
    known.set(partitionKey, shard);
    return shard;
  };
  return {
    ...definition,
    logs,
    rangeOf: (shard) => ({
      start: width * BigInt(shard),
      end: shard === shards - 1 ? HASH_KEYS - 1n : width * BigInt(shard + 1) - 1n,
    }),
    shardOf,
    close: async () => {
      for (const log of logs) await log.close();
    },
  };
};

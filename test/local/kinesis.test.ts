import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openGuard } from '../../local/services/iam/guard.ts';
import type { PutFault } from '../../local/services/kinesis/operations.ts';
import type { Shard } from '../../local/services/kinesis/shard.ts';
import { hashKeyOf } from '../../local/services/kinesis/stream.ts';
import { startKinesis } from '../../local/services/kinesis.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const anybody = openGuard.role('anybody');

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/minutes';

const start = async (
  options: {
    dataDir?: string;
    shards?: number;
    retentionHours?: number;
    segmentBytes?: number;
    now?: () => number;
    fault?: PutFault;
  } = {},
) => {
  const { dataDir = temporaryFolder(), shards = 1, retentionHours = 24, ...rest } = options;
  const kinesis = await startKinesis({
    guard: openGuard,
    dataDir,
    streams: [{ name: 'minutes', arn: ARN, shards, retentionHours }],
    ...rest,
  });
  let stopped = false;
  const stop = async () => {
    if (!stopped) await kinesis.stop();
    stopped = true;
  };
  afterTest(stop);
  const client = new KinesisClient({
    region: 'us-east-1',
    endpoint: kinesis.endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  afterTest(() => client.destroy());
  return { kinesis, client, stop, dataDir };
};

const everything = async (shard: Shard, chunk = 64 * 1024) => {
  const found: { position: number; key: string; text: string }[] = [];
  let cursor = await shard.seek(0);
  while (cursor.position < shard.end) {
    const { records, next } = await shard.read(cursor, chunk);
    for (const { position, key, data } of records) found.push({ position, key, text: data.toString() });
    cursor = next;
  }
  return found;
};

describe('Kinesis over HTTP, as the AWS SDK speaks it', () => {
  it('gives back what was put, in order, with growing sequence numbers', async () => {
    const { client } = await start();
    const one = await client.send(
      new PutRecordCommand({ StreamName: 'minutes', PartitionKey: '3', Data: Buffer.from('first') }),
    );
    const more = await client.send(
      new PutRecordsCommand({
        StreamARN: ARN,
        Records: ['second', 'third'].map((text) => ({ PartitionKey: '3', Data: Buffer.from(text) })),
      }),
    );
    expect(more.FailedRecordCount).toBe(0);
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({ StreamName: 'minutes', ShardId: one.ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    const read = await client.send(new GetRecordsCommand({ ShardIterator }));
    expect(read.Records!.map(({ Data }) => Buffer.from(Data!).toString())).toEqual(['first', 'second', 'third']);
    expect(read.MillisBehindLatest).toBe(0);
    expect(read.Records!.map(({ SequenceNumber }) => SequenceNumber)).toEqual([
      one.SequenceNumber,
      ...more.Records!.map(({ SequenceNumber }) => SequenceNumber),
    ]);
    const numbers = read.Records!.map(({ SequenceNumber }) => BigInt(SequenceNumber!));
    expect(numbers).toEqual([...numbers].sort((a, b) => (a < b ? -1 : 1)));
    expect(one.SequenceNumber).toMatch(/^\d{56}$/);
  });

  it('pages by limit and goes on after a sequence number', async () => {
    const { client, kinesis } = await start();
    const numbers: string[] = [];
    for (const text of ['a', 'b', 'c'])
      numbers.push(await kinesis.putRecord('minutes', '3', Buffer.from(text), anybody));
    const after = await client.send(
      new GetShardIteratorCommand({
        StreamName: 'minutes',
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
        StartingSequenceNumber: numbers[0],
      }),
    );
    const first = await client.send(new GetRecordsCommand({ ShardIterator: after.ShardIterator, Limit: 1 }));
    const second = await client.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator, Limit: 10 }));
    const textOf = ({ Records }: typeof first) => Records!.map(({ Data }) => Buffer.from(Data!).toString());
    expect([textOf(first), textOf(second)]).toEqual([['b'], ['c']]);
  });

  it('lists shards whose hash ranges cover all keys without a gap', async () => {
    const { client } = await start({ shards: 3 });
    const { Shards } = await client.send(new ListShardsCommand({ StreamName: 'minutes' }));
    const ranges = Shards!.map(({ HashKeyRange }) => HashKeyRange!);
    expect(ranges[0]!.StartingHashKey).toBe('0');
    expect(ranges[2]!.EndingHashKey).toBe(String(2n ** 128n - 1n));
    expect(BigInt(ranges[1]!.StartingHashKey!)).toBe(BigInt(ranges[0]!.EndingHashKey!) + 1n);
    const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: 'minutes' }));
    expect(StreamDescriptionSummary).toMatchObject({ OpenShardCount: 3, RetentionPeriodHours: 24, StreamARN: ARN });
  });

  it('puts a partition key into the shard whose range holds its MD5', async () => {
    const { client } = await start({ shards: 4 });
    const { Shards } = await client.send(new ListShardsCommand({ StreamName: 'minutes' }));
    for (const key of ['3', '55', '628', 'facility-10', 'ä']) {
      const { ShardId } = await client.send(
        new PutRecordCommand({ StreamName: 'minutes', PartitionKey: key, Data: Buffer.from('x') }),
      );
      const { HashKeyRange } = Shards!.find((shard) => shard.ShardId === ShardId)!;
      const hash = hashKeyOf(key);
      expect(BigInt(HashKeyRange!.StartingHashKey!) <= hash && hash <= BigInt(HashKeyRange!.EndingHashKey!)).toBe(true);
    }
    // MD5 of "3" begins with ec: the last quarter.
    expect(hashKeyOf('3').toString(16).slice(0, 2)).toBe('ec');
  });

  it('refuses what AWS refuses, with its error names', async () => {
    const { client, kinesis } = await start();
    const put = (StreamName: string, Data: Uint8Array, count = 1) =>
      client.send(
        new PutRecordsCommand({
          StreamName,
          Records: Array.from({ length: count }, () => ({ PartitionKey: '3', Data })),
        }),
      );
    await expect(put('absent', Buffer.from('x'))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(put('minutes', Buffer.from('x'), 501)).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(put('minutes', Buffer.alloc(1024 * 1024))).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(put('minutes', Buffer.alloc(1024 * 1024 - 1), 11)).rejects.toMatchObject({
      name: 'InvalidArgumentException',
    });
    await expect(kinesis.putRecord('minutes', 'k'.repeat(257), Buffer.from('x'), anybody)).rejects.toThrow(
      'partition key of 257 characters, expected 1 to 256',
    );
  });

  it('reports the records that a shard does not take and stores the others', async () => {
    const { client, kinesis } = await start({
      fault: ({ partitionKey }) => (partitionKey === 'hot' ? 'ProvisionedThroughputExceededException' : undefined),
    });
    const { FailedRecordCount, Records } = await client.send(
      new PutRecordsCommand({
        StreamName: 'minutes',
        Records: ['a', 'hot', 'b'].map((key) => ({ PartitionKey: key, Data: Buffer.from(key) })),
      }),
    );
    expect(FailedRecordCount).toBe(1);
    expect(Records!.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'ProvisionedThroughputExceededException',
      undefined,
    ]);
    expect((await everything(kinesis.stream('minutes').logs[0]!)).map(({ text }) => text)).toEqual(['a', 'b']);
  });
});

describe('Kinesis on disk', () => {
  const key = '3';

  it('holds the same records after a restart, whatever their sizes and the size of reads and segments', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 20, max: 50_000 }), async (lengths, segmentBytes) => {
        const { kinesis, stop, dataDir } = await start({ segmentBytes });
        const texts = lengths.map((length, i) => `${i}:${'x'.repeat(length)}`);
        for (const text of texts) await kinesis.putRecord('minutes', key, Buffer.from(text), anybody);
        const before = await everything(kinesis.stream(ARN).logs[0]!, 10_000);
        await stop();
        const again = await start({ dataDir, segmentBytes });
        const shard = again.kinesis.stream(ARN).logs[0]!;
        const middle = Math.floor(texts.length / 2);
        const cursor = await shard.seek(middle);
        expect((await shard.read(cursor, 10)).records[0]?.data.toString()).toBe(texts[middle]);
        expect(await everything(shard, 10_000)).toEqual(before);
        expect(before.map(({ text }) => text)).toEqual(texts);
        await again.stop();
      }),
      { numRuns: 15 },
    );
  });

  it('loses nothing acknowledged when its process is killed, and cuts off the torn last record', async () => {
    const dataDir = temporaryFolder();
    const local = (file: string) => JSON.stringify(join(import.meta.dirname, '../../local', file));
    const script = `
      import { openGuard } from ${local('services/iam/guard.ts')};
      import { startKinesis } from ${local('services/kinesis.ts')};
      const anybody = openGuard.role('anybody');
      const streams = [{ name: 'minutes', arn: ${JSON.stringify(ARN)}, shards: 1, retentionHours: 24 }];
      const kinesis = await startKinesis({ guard: openGuard, dataDir: ${JSON.stringify(dataDir)}, streams });
      for (let i = 0; ; i++) {
        await Promise.all([0, 1, 2].map((j) => kinesis.putRecord('minutes', '3', Buffer.from(String(3 * i + j)), anybody)));
        process.stdout.write(3 * i + 2 + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (said.length > 20_000) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const acknowledged = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));

    const folder = join(dataDir, 'kinesis/minutes/shardId-000000000000');
    const file = join(folder, readdirSync(folder)[0]!);
    const whole = statSync(file).size;
    appendFileSync(file, readFileSync(file).subarray(0, 19));
    const lines: string[] = [];
    const kinesis = await startKinesis({
      guard: openGuard,
      dataDir,
      streams: [{ name: 'minutes', arn: ARN, shards: 1, retentionHours: 24 }],
      log: (line) => lines.push(line),
    });
    afterTest(() => kinesis.stop());
    const shard = kinesis.stream('minutes').logs[0]!;
    expect(shard.end).toBeGreaterThan(acknowledged);
    expect((await everything(shard)).map(({ text }) => Number(text))).toEqual(
      Array.from({ length: shard.end }, (_, i) => i),
    );
    expect(lines.join()).toContain('cut off');
    expect(statSync(file).size).toBeLessThanOrEqual(whole);
    await kinesis.putRecord('minutes', key, Buffer.from('next'), anybody);
    expect((await everything(shard)).at(-1)).toMatchObject({ position: shard.end - 1, text: 'next' });
  });

  it('no longer gives out records older than the retention, and removes their files', async () => {
    let now = Date.UTC(2026, 0, 1);
    const { kinesis, dataDir } = await start({ now: () => now, segmentBytes: 100 });
    const put = (text: string) => kinesis.putRecord('minutes', key, Buffer.from(text), anybody);
    const shard = kinesis.stream('minutes').logs[0]!;
    const files = () => readdirSync(join(dataDir, 'kinesis/minutes/shardId-000000000000')).length;
    for (let i = 0; i < 10; i++) await put(`old ${i}`.padEnd(60));
    const before = files();
    now += 23 * 3_600_000;
    await put('young');
    now += 2 * 3_600_000;
    expect((await everything(shard)).map(({ text }) => text)).toEqual(['young']);
    for (const text of ['x', 'y', 'z']) await put(text.padEnd(60));
    expect(files()).toBeLessThan(before);
    expect((await everything(shard))[0]).toMatchObject({ text: 'young', position: 10 });
  });

  it('refuses to open a stream with another number of shards and says what to do', async () => {
    const { stop, dataDir } = await start({ shards: 2 });
    await stop();
    await expect(start({ dataDir, shards: 1 })).rejects.toThrow(/2 shard\(s\).*1 in the template.*another data folder/);
  });
});

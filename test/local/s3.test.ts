import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { openGuard } from '../../local/services/iam/guard.ts';
import { startS3 } from '../../local/services/s3.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const anybody = openGuard.role('anybody');

const BUCKETS = [
  { name: 'landing', versioned: true },
  { name: 'failed', versioned: false },
];

/** Buckets and the client that a function makes: nothing tells it that it is not on AWS but the endpoint's variable. */
const open = async (dataDir = temporaryFolder()) => {
  const s3 = await startS3({ guard: openGuard, dataDir, buckets: BUCKETS });
  const before = process.env.AWS_ENDPOINT_URL_S3;
  process.env.AWS_ENDPOINT_URL_S3 = s3.endpoint;
  const client = new S3Client({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  afterTest(async () => {
    if (before === undefined) delete process.env.AWS_ENDPOINT_URL_S3;
    else process.env.AWS_ENDPOINT_URL_S3 = before;
    client.destroy();
    await s3.stop();
  });
  const put = (Key: string, Body: string, Bucket = 'landing') =>
    client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const text = async (Key: string, more: { VersionId?: string; Range?: string } = {}, Bucket = 'landing') =>
    (await client.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString();
  return { s3, client, put, text, dataDir };
};

describe('S3: objects', () => {
  it('returns an object as it was put, with its content type and metadata', async () => {
    const { client, text } = await open();
    const object = { Bucket: 'landing', Key: 'raw/2018/01/a b+ü.json' };
    const metadata = { ContentType: 'application/json', Metadata: { facility: '6705' }, CacheControl: 'no-store' };
    const put = await client.send(new PutObjectCommand({ ...object, Body: '{"v":1}', ...metadata }));
    // MD5 of {"v":1}, by coreutils' md5sum
    expect(put.ETag).toBe('"a191475ae2bf7db9c7e320f7da455bbb"');
    expect(await text(object.Key)).toBe('{"v":1}');
    expect(await client.send(new HeadObjectCommand(object))).toMatchObject({ ...metadata, ContentLength: 7 });
  });

  it('takes the framing off a streamed body and verifies its trailing checksum', async () => {
    const { client, s3 } = await open();
    const bytes = Buffer.alloc(300_000, 'measurement ');
    const chunks = Array.from({ length: 30 }, (_, at) => bytes.subarray(at * 10_000, (at + 1) * 10_000));
    const sent = { Bucket: 'landing', Key: 'streamed', Body: Readable.from(chunks), ContentLength: bytes.length };
    await client.send(new PutObjectCommand(sent));
    expect(await s3.getObject('landing', 'streamed')).toEqual(bytes);
    const got = await client.send(new GetObjectCommand({ Bucket: 'landing', Key: 'streamed' }));
    expect(got.ContentEncoding).toBeUndefined();
    expect(await got.Body?.transformToByteArray()).toHaveLength(300_000);
  });

  it.each(['CRC32', 'SHA1', 'SHA256'] as const)('keeps a %s checksum and returns it', async (ChecksumAlgorithm) => {
    const { client } = await open();
    const object = { Bucket: 'landing', Key: 'checked' };
    const put = await client.send(new PutObjectCommand({ ...object, Body: 'abc', ChecksumAlgorithm }));
    const head = await client.send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
    const name = `Checksum${ChecksumAlgorithm}` as const;
    expect(put[name]).toBeTruthy();
    expect(head[name]).toBe(put[name]);
  });

  it('refuses a body that is not the one its checksum or MD5 was made of', async () => {
    const { client, s3 } = await open();
    const object = { Bucket: 'landing', Key: 'broken', Body: 'abc' };
    const wrong = { ChecksumCRC32: 'AAAAAA==' };
    await expect(client.send(new PutObjectCommand({ ...object, ...wrong }))).rejects.toThrow(/does not match/);
    const md5 = { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' };
    await expect(client.send(new PutObjectCommand({ ...object, ...md5 }))).rejects.toMatchObject({ name: 'BadDigest' });
    expect(s3.list('landing')).toEqual([]);
  });

  it('returns a range', async () => {
    const { client, put, text } = await open();
    await put('range', '0123456789');
    expect(await text('range', { Range: 'bytes=2-4' })).toBe('234');
    expect(await text('range', { Range: 'bytes=7-' })).toBe('789');
    expect(await text('range', { Range: 'bytes=-2' })).toBe('89');
    const got = await client.send(new GetObjectCommand({ Bucket: 'landing', Key: 'range', Range: 'bytes=8-20' }));
    expect(got.ContentRange).toBe('bytes 8-9/10');
    await expect(text('range', { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  it('keeps an object beside others whose keys begin with it, and keys that no file system takes', async () => {
    const { s3 } = await open();
    const keys = ['a', 'a/b', 'a/b/', 'a//b', '~', `long/${'x'.repeat(900)}`, 'Ω\n"<&>'];
    for (const key of keys) await s3.putObject('landing', key, `body of ${key}`, anybody);
    for (const key of keys) expect(String(await s3.getObject('landing', key))).toBe(`body of ${key}`);
    expect(s3.list('landing')).toHaveLength(keys.length);
  });

  it('is found by path, and by a host name that begins with the bucket', async () => {
    const { s3, put } = await open();
    await put('by-host', 'here');
    const answer = await new Promise<string>((resolve, reject) => {
      const headers = { host: `landing.s3.local:${s3.port}` };
      request({ port: s3.port, host: '127.0.0.1', path: '/by-host', headers, agent: false }, (response) =>
        response.setEncoding('utf8').once('data', resolve),
      )
        .once('error', reject)
        .end();
    });
    expect(answer).toBe('here');
  });

  it('says that a key or bucket does not exist', async () => {
    const { text } = await open();
    await expect(text('none')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(text('none', {}, 'other')).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  it('refuses what it does not do, rather than leave it out in silence', async () => {
    const { client } = await open();
    const held = { ObjectLockLegalHoldStatus: 'ON' } as const;
    const put = client.send(new PutObjectCommand({ Bucket: 'landing', Key: 'a', Body: 'a', ...held }));
    await expect(put).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('S3: versions', () => {
  it('keeps every version of an object in a versioned bucket, and hides a deleted one behind a marker', async () => {
    const { client, put, text } = await open();
    const first = await put('object', 'first');
    const second = await put('object', 'second');
    expect(await text('object')).toBe('second');
    expect(await text('object', { VersionId: first.VersionId! })).toBe('first');
    const deleted = await client.send(new DeleteObjectCommand({ Bucket: 'landing', Key: 'object' }));
    expect(deleted.DeleteMarker).toBe(true);
    await expect(text('object')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await text('object', { VersionId: second.VersionId! })).toBe('second');
    const VersionId = deleted.VersionId!;
    await client.send(new DeleteObjectCommand({ Bucket: 'landing', Key: 'object', VersionId }));
    expect(await text('object')).toBe('second');
  });

  it('replaces an object in a bucket without versions and leaves no old file', async () => {
    const { put, text, dataDir } = await open();
    const first = await put('object', 'first', 'failed');
    await Promise.all(Array.from({ length: 20 }, (_, at) => put('object', `body ${at}`, 'failed')));
    expect(first.VersionId).toBeUndefined();
    expect(await text('object', {}, 'failed')).toMatch(/^body \d+$/);
    expect(readdirSync(join(dataDir, 'failed', 'objects'))).toHaveLength(1);
  });

  it('lets only one of many writers make an object that must not exist yet', async () => {
    const { client } = await open();
    const puts = Array.from({ length: 8 }, (_, at) =>
      client.send(new PutObjectCommand({ Bucket: 'landing', Key: 'once', Body: `writer ${at}`, IfNoneMatch: '*' })),
    );
    const outcomes = await Promise.allSettled(puts);
    const refused = outcomes.filter((one) => one.status === 'rejected').map(({ reason }) => reason.name);
    expect(refused).toEqual(Array(7).fill('PreconditionFailed'));
  });
});

describe('S3: lists', () => {
  const listAll = async (client: S3Client, query: { Prefix?: string; Delimiter?: string; MaxKeys?: number }) => {
    const names: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket: 'landing', ...query, ContinuationToken }));
      names.push(...(page.Contents ?? []).map(({ Key }) => Key));
      names.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
      expect(page.KeyCount).toBeLessThanOrEqual(query.MaxKeys ?? 1000);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    return names;
  };
  const KEYS = ['raw/1/a', 'raw/1/b', 'raw/10/a', 'raw/2/a', 'raw/top', 'raw-other', 'z'];

  it('lists keys with a prefix in the order of their bytes', async () => {
    const { client, s3 } = await open();
    for (const key of [...KEYS].reverse()) await s3.putObject('landing', key, key, anybody);
    // "-" (2D) comes before "/" (2F), and "/" before "0" (30)
    expect(await listAll(client, {})).toEqual([
      'raw-other',
      'raw/1/a',
      'raw/1/b',
      'raw/10/a',
      'raw/2/a',
      'raw/top',
      'z',
    ]);
    expect(await listAll(client, { Prefix: 'raw/1' })).toEqual(['raw/1/a', 'raw/1/b', 'raw/10/a']);
  });

  it.each([1, 2, 3, 1000])('gives the same keys and folders in pages of %i', async (MaxKeys) => {
    const { client, s3 } = await open();
    for (const key of KEYS) await s3.putObject('landing', key, key, anybody);
    const sorted = (names: (string | undefined)[]) => [...names].sort();
    expect(sorted(await listAll(client, { MaxKeys }))).toEqual(sorted(KEYS));
    const folded = await listAll(client, { MaxKeys, Prefix: 'raw/', Delimiter: '/' });
    expect(sorted(folded)).toEqual(['raw/1/', 'raw/10/', 'raw/2/', 'raw/top']);
  });

  it('leaves deleted objects out', async () => {
    const { client, put, s3 } = await open();
    await put('kept', '1');
    await put('gone', '1');
    await client.send(new DeleteObjectCommand({ Bucket: 'landing', Key: 'gone' }));
    expect(await listAll(client, {})).toEqual(['kept']);
    expect(s3.list('landing').map(({ key }) => key)).toEqual(['kept']);
  });
});

describe('S3: a second start', () => {
  it('finds the objects, their versions and their metadata again', async () => {
    const dataDir = temporaryFolder();
    const one = await open(dataDir);
    const Metadata = { facility: '6705' };
    const object = { Bucket: 'landing', Key: 'a/b' };
    const first = await one.client.send(new PutObjectCommand({ ...object, Body: 'first', Metadata }));
    await one.put('a/b', 'second');
    await one.s3.stop();
    const two = await startS3({ guard: openGuard, dataDir, buckets: BUCKETS });
    afterTest(two.stop);
    expect(String(await two.getObject('landing', 'a/b'))).toBe('second');
    const client = new S3Client({
      endpoint: two.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    afterTest(() => client.destroy());
    const old = await client.send(new GetObjectCommand({ ...object, VersionId: first.VersionId }));
    expect(await old.Body?.transformToString()).toBe('first');
    expect(old.Metadata).toEqual(Metadata);
  });

  it('leaves out an object whose put was cut off by a kill, and goes on', async () => {
    const dataDir = temporaryFolder();
    const one = await open(dataDir);
    await one.put('whole', 'whole');
    await one.s3.stop();
    const log = join(dataDir, 'landing', 'contents.jsonl');
    appendFileSync(log, readFileSync(log, 'utf8').replaceAll('whole', 'torn').slice(0, 40));
    const two = await startS3({ guard: openGuard, dataDir, buckets: BUCKETS });
    afterTest(two.stop);
    await two.putObject('landing', 'later', 'later', anybody);
    expect(two.list('landing').map(({ key }) => key)).toEqual(['later', 'whole']);
  });
});

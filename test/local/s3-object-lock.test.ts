import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it } from 'vitest';
import { createGuard } from '../../local/services/iam/create-guard.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import { type BucketDefinition, startS3 } from '../../local/services/s3.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const DAY_MS = 86_400_000;
const BUCKETS: readonly BucketDefinition[] = [
  { name: 'archive', versioned: true, objectLock: { retention: { mode: 'COMPLIANCE', days: 2557 } } },
  { name: 'sandbox', versioned: true, objectLock: { retention: { mode: 'GOVERNANCE', days: 1 } } },
  { name: 'plain', versioned: true },
];

const clientOf = (endpoint: string, credentials = { accessKeyId: 'test', secretAccessKey: 'test' }) => {
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1, forcePathStyle: true });
  afterTest(() => client.destroy());
  return client;
};

const open = async (dataDir = temporaryFolder()) => {
  const s3 = await startS3({ guard: openGuard, dataDir, buckets: BUCKETS });
  afterTest(s3.stop);
  const client = clientOf(s3.endpoint);
  const put = async (Bucket: string, Body: string) => {
    const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key: 'report', Body }));
    return { Bucket, Key: 'report', VersionId: VersionId! };
  };
  return { s3, client, put, dataDir };
};

const days = (until: Date | undefined) => (until!.getTime() - Date.now()) / DAY_MS;

describe('S3 Object Lock in COMPLIANCE mode', () => {
  it('holds what is put there for seven years without being told to', async () => {
    const { client, put } = await open();
    const object = await put('archive', 'first quarter');
    const head = await client.send(new HeadObjectCommand(object));
    expect(head.ObjectLockMode).toBe('COMPLIANCE');
    expect(days(head.ObjectLockRetainUntilDate)).toBeCloseTo(2557, 1);
    const { Retention } = await client.send(new GetObjectRetentionCommand(object));
    expect(Retention).toEqual({ Mode: 'COMPLIANCE', RetainUntilDate: head.ObjectLockRetainUntilDate });
  });

  it('deletes no version, whoever asks and however', async () => {
    const { client, put, s3 } = await open();
    const object = await put('archive', 'first quarter');
    for (const BypassGovernanceRetention of [false, true])
      await expect(
        client.send(new DeleteObjectCommand({ ...object, BypassGovernanceRetention })),
      ).rejects.toMatchObject({ name: 'AccessDenied', message: expect.stringContaining('object lock') });
    expect(String(await s3.getObject('archive', 'report'))).toBe('first quarter');
  });

  it('makes a new version of what is put again, and hides behind a marker what is deleted without naming a version', async () => {
    const { client, put } = await open();
    const first = await put('archive', 'first');
    const second = await put('archive', 'second');
    expect(second.VersionId).not.toBe(first.VersionId);
    const { DeleteMarker } = await client.send(new DeleteObjectCommand({ Bucket: 'archive', Key: 'report' }));
    expect(DeleteMarker).toBe(true);
    for (const [object, text] of [
      [first, 'first'],
      [second, 'second'],
    ] as const)
      expect(await (await client.send(new GetObjectCommand(object))).Body!.transformToString()).toBe(text);
  });

  it('lets a retention grow and never shrink or weaken', async () => {
    const { client, put } = await open();
    const object = await put('archive', 'first quarter');
    const set = (Mode: 'COMPLIANCE' | 'GOVERNANCE', inDays: number) =>
      client.send(
        new PutObjectRetentionCommand({
          ...object,
          Retention: { Mode, RetainUntilDate: new Date(Date.now() + inDays * DAY_MS) },
          BypassGovernanceRetention: true,
        }),
      );
    await expect(set('COMPLIANCE', 2556)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(set('GOVERNANCE', 4000)).rejects.toMatchObject({ name: 'AccessDenied' });
    await set('COMPLIANCE', 4000);
    const { ObjectLockRetainUntilDate } = await client.send(new HeadObjectCommand(object));
    expect(days(ObjectLockRetainUntilDate)).toBeCloseTo(4000, 1);
    await expect(set('COMPLIANCE', 3999)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('holds after a second start as before', async () => {
    const one = await open();
    const object = await one.put('archive', 'first quarter');
    const RetainUntilDate = new Date(Date.now() + 5000 * DAY_MS);
    const longer = { ...object, Retention: { Mode: 'COMPLIANCE', RetainUntilDate } } as const;
    await one.client.send(new PutObjectRetentionCommand(longer));
    await one.s3.stop();
    const two = await open(one.dataDir);
    const { Retention } = await two.client.send(new GetObjectRetentionCommand(object));
    expect(Retention).toEqual({ Mode: 'COMPLIANCE', RetainUntilDate });
    await expect(two.client.send(new DeleteObjectCommand(object))).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('wants a checksum of what it is to hold', async () => {
    const { s3 } = await open();
    const answer = await fetch(`${s3.endpoint}/archive/unchecked`, { method: 'PUT', body: 'x' });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('<Code>InvalidRequest</Code>')]);
  });
});

describe('S3 Object Lock in GOVERNANCE mode, for sandboxes', () => {
  it('deletes a version only for who says that the lock is to be passed by', async () => {
    const { client, put } = await open();
    const object = await put('sandbox', 'try');
    await expect(client.send(new DeleteObjectCommand(object))).rejects.toMatchObject({ name: 'AccessDenied' });
    await client.send(new DeleteObjectCommand({ ...object, BypassGovernanceRetention: true }));
    await expect(client.send(new HeadObjectCommand(object))).rejects.toMatchObject({ name: 'NotFound' });
  });
});

describe('S3 without Object Lock', () => {
  it('refuses to lock, and has no retention to show', async () => {
    const { client, put } = await open();
    const object = await put('plain', 'x');
    const ObjectLockRetainUntilDate = new Date(Date.now() + DAY_MS);
    const locked = {
      ...object,
      VersionId: undefined,
      Body: 'y',
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate,
    };
    await expect(client.send(new PutObjectCommand(locked as never))).rejects.toMatchObject({ name: 'InvalidRequest' });
    await expect(client.send(new GetObjectRetentionCommand(object))).rejects.toMatchObject({
      name: 'NoSuchObjectLockConfiguration',
    });
    await client.send(new DeleteObjectCommand(object));
  });
});

describe('who may do what with a lock', () => {
  const WRITER = 'arn:aws:iam::000000000000:role/writer';
  const withPolicy = async (Action: readonly string[], Resource = 'arn:aws:s3:::archive/reports/*') => {
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] };
    const guard = createGuard({
      account: '000000000000',
      policies: {
        roles: [],
        identity: [{ holder: WRITER, policy: { name: 'App/Writer', kind: 'identity', document: policy } }],
        resource: [],
      },
    });
    const s3 = await startS3({ guard, dataDir: temporaryFolder(), buckets: BUCKETS });
    afterTest(s3.stop);
    return { s3, client: clientOf(s3.endpoint, guard.credentialsOf(WRITER)) };
  };
  const object = { Bucket: 'archive', Key: 'reports/6705/2018-Q1/r1/report.json' };

  it('who may only put an object gets the lock of the bucket and cannot choose another', async () => {
    const { client } = await withPolicy(['s3:PutObject', 's3:GetObject']);
    const put = await client.send(new PutObjectCommand({ ...object, Body: '{}' }));
    const own = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date(Date.now() + DAY_MS) } as const;
    for (const refused of [
      () => client.send(new PutObjectCommand({ ...object, Body: '{}', ...own })),
      () => client.send(new DeleteObjectCommand({ ...object, VersionId: put.VersionId })),
      () => client.send(new DeleteObjectCommand(object)),
      () => client.send(new PutObjectCommand({ ...object, Key: 'elsewhere', Body: '{}' })),
    ])
      await expect(refused()).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('who may not see retentions is shown an object without it', async () => {
    const blind = await withPolicy(['s3:PutObject', 's3:GetObject']);
    const seeing = await withPolicy(['s3:PutObject', 's3:GetObject', 's3:GetObjectRetention']);
    const modes = [blind, seeing].map(async ({ client }) => {
      await client.send(new PutObjectCommand({ ...object, Body: '{}' }));
      return (await client.send(new HeadObjectCommand(object))).ObjectLockMode;
    });
    expect(await Promise.all(modes)).toEqual([undefined, 'COMPLIANCE']);
  });

  describe('a presigned URL', () => {
    const presigned = async (expiresIn = 60, query: object = {}) => {
      const { client, s3 } = await withPolicy(['s3:PutObject', 's3:GetObject']);
      await client.send(new PutObjectCommand({ ...object, Body: '{"v":1}', ContentType: 'application/json' }));
      await client.send(new PutObjectCommand({ ...object, Key: 'reports/other', Body: 'other' }));
      const command = new GetObjectCommand({ ...object, ...query });
      return { url: await getSignedUrl(client, command, { expiresIn }), s3 };
    };
    const codeOf = async (url: string, init: RequestInit = {}) => {
      const answer = await fetch(url, init);
      return [answer.status, /<Code>(\w+)/.exec(await answer.text())?.[1]];
    };

    it('gives the object to whoever holds it, with the headers that its signer chose', async () => {
      const { url } = await presigned(60, {
        ResponseContentDisposition: 'attachment; filename="6705-2018-Q1 (r1).json"',
        ResponseContentType: 'text/plain',
      });
      const answer = await fetch(url);
      expect([answer.status, await answer.text()]).toEqual([200, '{"v":1}']);
      expect(answer.headers.get('content-disposition')).toBe('attachment; filename="6705-2018-Q1 (r1).json"');
      expect(answer.headers.get('content-type')).toBe('text/plain');
    });

    it('opens nothing else: another key, another header, a longer time, another method', async () => {
      const { url } = await presigned();
      const refused = [403, 'SignatureDoesNotMatch'];
      expect(await codeOf(url.replace('/reports/6705/2018-Q1/r1/report.json', '/reports/other'))).toEqual(refused);
      expect(await codeOf(`${url}&response-content-type=text%2Fhtml`)).toEqual(refused);
      expect(await codeOf(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000'))).toEqual(refused);
      expect(await codeOf(url, { method: 'PUT', body: 'x' })).toEqual([501, 'NotImplemented']);
    });

    it('ends with its time, and lasts a week at most', async () => {
      const { url } = await presigned();
      const before = url.replace(/X-Amz-Date=\d{8}/, 'X-Amz-Date=20200101');
      expect(await codeOf(before)).toEqual([403, 'AccessDenied']);
      const long = url.replace('X-Amz-Expires=60', 'X-Amz-Expires=604801');
      expect(await codeOf(long)).toEqual([400, 'AuthorizationQueryParametersError']);
    });

    it('lets its holder do only what its signer may', async () => {
      const { client, s3 } = await withPolicy(['s3:PutObject']);
      await client.send(new PutObjectCommand({ ...object, Body: '{}' }));
      expect(await codeOf(await getSignedUrl(client, new GetObjectCommand(object)))).toEqual([403, 'AccessDenied']);
      const stranger = clientOf(s3.endpoint);
      const url = await getSignedUrl(stranger, new GetObjectCommand(object));
      expect(await codeOf(url)).toEqual([403, 'InvalidAccessKeyId']);
    });
  });
});

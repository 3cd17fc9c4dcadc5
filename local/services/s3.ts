import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { AwsError, type Listening, listenOnLoopback, readBody } from './aws-json.ts';
import type { Guard, Principal } from './iam/guard.ts';
import { isPresigned, PRESIGNED_QUERY } from './iam/presigned.ts';
import { bucketAccess } from './s3/access.ts';
import { type Bucket, type BucketDefinition, openBucket } from './s3/bucket.ts';
import {
  CHECKSUM_MODE,
  deleteObject,
  getObject,
  getObjectRetention,
  headBucket,
  listObjectsV2,
  OVERRIDE_QUERY,
  putObject,
  putObjectRetention,
  type S3Call,
} from './s3/operations.ts';
import { xmlDocument } from './s3/xml.ts';

export interface S3 extends Listening {
  /**
   * Resolves when the object is durable.
   * @throws AwsError AccessDenied when `caller` may not put it
   */
  putObject(
    bucket: string,
    key: string,
    body: Uint8Array | string,
    caller: Principal,
  ): Promise<{ readonly versionId: string }>;
  /** May `caller` list the bucket? @throws AwsError AccessDenied */
  checkLister(bucket: string, caller: Principal): void;
  /** The current object, or undefined. */
  getObject(bucket: string, key: string): Promise<Buffer | undefined>;
  /**
   * The current object with what S3 tells of it, for a service that reads it in its own name, or undefined.
   * @throws AwsError AccessDenied when the bucket's policy does not let it
   */
  objectFor(bucket: string, key: string, reader: ServiceReader): Promise<ReadObject | undefined>;
  /** Current objects whose keys begin with `prefix`, in order. */
  list(bucket: string, prefix?: string): readonly { readonly key: string; readonly size: number }[];
}

export type { BucketDefinition };

/** `cloudfront.amazonaws.com`, for one of its distributions. */
export interface ServiceReader {
  readonly service: string;
  readonly sourceArn: string;
}

export interface ReadObject {
  readonly etag: string;
  readonly contentType: string;
  readonly cacheControl: string | undefined;
  readonly body: Buffer;
}

/** Larger objects are uploaded in parts, which nothing here does. */
const MAX_OBJECT_BYTES = 64 * 1024 * 1024;
const tooLarge = () => new AwsError('EntityTooLarge', `an object here has at most ${MAX_OBJECT_BYTES} bytes`);

/**
 * S3 over files: `dataDir/BUCKET/objects/` holds every object as a plain file. Buckets are addressed by path
 * (`/BUCKET/KEY`), which is what the SDK does with an endpoint that is an IP address, or by host (`BUCKET.anything`).
 * An operation, option or header that is not served is refused with `NotImplemented`.
 */
export const startS3 = async (options: {
  readonly dataDir: string;
  readonly buckets: readonly BucketDefinition[];
  readonly guard: Guard;
  readonly port?: number;
}): Promise<S3> => {
  const { dataDir, buckets, guard, port } = options;
  const access = bucketAccess(guard);
  for (const bucket of buckets) access.deliverLogs(bucket);
  const opened = new Map<string, Bucket>();
  for (const bucket of buckets) opened.set(bucket.name, await openBucket(join(dataDir, bucket.name), bucket));
  const bucketOf = (name: string): Bucket => {
    const bucket = opened.get(name);
    if (bucket) return bucket;
    throw new AwsError('NoSuchBucket', `The specified bucket does not exist: ${name}`, 404);
  };

  const callerOf = (request: IncomingMessage, path: string, search: string): Principal => {
    if (!isPresigned(search)) return guard.callerOf(request.headers);
    const { method = '', headers } = request;
    if (method !== 'GET' && method !== 'HEAD')
      throw new AwsError('NotImplemented', `a presigned ${method} is not served by the local cloud`, 501);
    return guard.presignerOf({ method, path, search, headers });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, MAX_OBJECT_BYTES + 1024 * 1024, tooLarge);
    // Not by `URL`, which would take `..` out of a key.
    const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
    const byHost = buckets.find(({ name }) => request.headers.host?.startsWith(`${name}.`))?.name;
    const [, first = '', rest = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
    const [bucket, key] = byHost === undefined ? [first, rest] : [byHost, path.slice(1)];
    const call = {
      bucket: bucketOf(bucket),
      key: decodeURIComponent(key),
      query: new URLSearchParams(search),
      request,
      caller: callerOf(request, path, search),
      access,
    };
    await operationOf(call)({ ...call, response, body });
  };
  const server = createServer((request, response) => {
    response.setHeader('x-amz-request-id', randomUUID());
    answer(request, response).catch((error: unknown) => answerXmlError(request, response, error));
  });
  const listening = await listenOnLoopback(server, port);

  return {
    ...listening,
    putObject: async (bucket, key, body, caller) => {
      access.put(caller, bucketOf(bucket), key);
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      return bucketOf(bucket).put({ key, bytes, headers: {}, checksums: {} });
    },
    checkLister: (bucket, caller) => access.list(caller, bucketOf(bucket)),
    getObject: async (bucket, key) => {
      const version = bucketOf(bucket).current(key);
      return version && readFile(bucketOf(bucket).pathOf(version));
    },
    objectFor: async (name, key, { service, sourceArn }) => {
      const bucket = bucketOf(name);
      guard.check({ arn: service }, 's3:GetObject', `arn:aws:s3:::${name}/${key}`, { 'aws:SourceArn': sourceArn });
      const version = bucket.current(key);
      if (!version) return undefined;
      const { etag, headers } = version;
      return {
        etag,
        contentType: headers['content-type'] ?? 'binary/octet-stream',
        cacheControl: headers['cache-control'],
        body: await readFile(bucket.pathOf(version)),
      };
    },
    list: (bucket, prefix = '') => {
      const keys = bucketOf(bucket).keys();
      return keys.filter((key) => key.startsWith(prefix)).map((key) => bucketOf(bucket).current(key)!);
    },
    stop: async () => {
      await listening.stop();
      for (const bucket of opened.values()) await bucket.close();
    },
  };
};

type Operation = (call: S3Call) => Promise<void>;

const OBJECT_QUERY = ['x-id', 'versionId', 'retention', CHECKSUM_MODE, ...OVERRIDE_QUERY, ...PRESIGNED_QUERY];
const LIST_QUERY = ['prefix', 'delimiter', 'start-after', 'continuation-token', 'max-keys', 'encoding-type'];
/** They change what a request means; leaving them out of account would be a wrong answer. */
const REFUSED =
  /^(if-match|if-modified-since|if-unmodified-since|x-amz-(copy-source|object-lock-legal-hold|tagging|write-offset).*)$/;

const operationOf = ({ key, query, request }: Pick<S3Call, 'key' | 'query' | 'request'>): Operation => {
  const method = request.method ?? '';
  const known = key === '' ? ['x-id', 'list-type', 'fetch-owner', ...LIST_QUERY] : OBJECT_QUERY;
  const refused = Object.keys(request.headers).find(
    (name) => REFUSED.test(name) || (name === 'if-none-match' && method !== 'PUT'),
  );
  const unknown = [...query.keys()].find((name) => !known.includes(name)) ?? refused;
  const operations = query.has('retention') ? RETENTION_OPERATIONS : OBJECT_OPERATIONS;
  const operation = key === '' ? undefined : operations[method];
  if (unknown === undefined && operation) return operation;
  if (unknown === undefined && method === 'GET' && query.get('list-type') === '2') return listObjectsV2;
  if (unknown === undefined && method === 'HEAD') return headBucket;
  const what = `${method} of ${key === '' ? 'a bucket' : 'an object'}${unknown ? ` with ${unknown}` : ''}`;
  throw new AwsError('NotImplemented', `${what} is not served by the local cloud`, 501);
};

const RETENTION_OPERATIONS: Readonly<Record<string, Operation>> = { PUT: putObjectRetention, GET: getObjectRetention };

const OBJECT_OPERATIONS: Readonly<Record<string, Operation>> = {
  PUT: putObject,
  GET: getObject,
  HEAD: getObject,
  DELETE: deleteObject,
};

const answerXmlError = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
  if (!(error instanceof AwsError)) console.error('local cloud: s3 request failed:', error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { code, status, message } =
    error instanceof AwsError ? asS3Error(error) : new AwsError('InternalError', String(error), 500);
  const document = xmlDocument('Error', [
    ['Code', code],
    ['Message', message],
    ['Resource', request.url],
  ]);
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(document) });
  response.end(request.method === 'HEAD' ? undefined : document);
};

/** What other services call by other names, S3 has its own for. */
const asS3Error = (error: AwsError): AwsError => {
  const [code, message = error.message] = S3_WORDS[error.code] ?? [];
  return code === undefined ? error : new AwsError(code, message, 403);
};
const S3_WORDS: Readonly<Record<string, readonly [string, string?]>> = {
  AccessDeniedException: ['AccessDenied'],
  MissingAuthenticationTokenException: ['AccessDenied', 'Access Denied'],
  UnrecognizedClientException: [
    'InvalidAccessKeyId',
    'The AWS Access Key Id you provided does not exist in our records.',
  ],
};

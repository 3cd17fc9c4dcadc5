import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../aws-json.ts';
import type { Principal } from '../iam/guard.ts';
import type { BucketAccess } from './access.ts';
import type { Bucket } from './bucket.ts';
import { listObjects } from './listing.ts';
import { checkDeletable, checkRetentionChange, lockHeaders, requestedRetention, retentionIn } from './object-lock.ts';
import type { ObjectVersion } from './object-log.ts';
import { readObject } from './request-body.ts';
import { xmlDocument } from './xml.ts';

export interface S3Call {
  readonly bucket: Bucket;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly caller: Principal;
  readonly access: BucketAccess;
}

/** Headers of the object that S3 keeps and returns. */
const KEPT = ['content-type', 'cache-control', 'content-disposition', 'content-language', 'expires'];

export const putObject = async (call: S3Call): Promise<void> => {
  const { bucket, key, response, body } = call;
  const { headers } = call.request;
  call.access.put(call.caller, bucket, key);
  const retention = requestedRetention(bucket.objectLock, headers);
  if (retention) call.access.setRetention(call.caller, bucket, key);
  const { bytes, checksums } = readObject(body, headers);
  const verified = headers['content-md5'] !== undefined || Object.keys(checksums).length > 0;
  if ((retention ?? bucket.objectLock?.retention) && !verified) {
    const needed = 'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock';
    throw new AwsError('InvalidRequest', `${needed} parameters`);
  }
  const kept = Object.entries(headers).filter(([name]) => KEPT.includes(name) || name.startsWith('x-amz-meta-'));
  const encoding = (headers['content-encoding'] ?? '').replace(/(^|,)\s*aws-chunked\s*(,\s*|$)/, '');
  if (headers['if-none-match'] !== undefined && headers['if-none-match'] !== '*') {
    throw new AwsError('NotImplemented', 'If-None-Match of a PutObject can only be *', 501);
  }
  const version = await bucket.put({
    key,
    bytes,
    checksums,
    headers: { ...Object.fromEntries(kept as [string, string][]), ...(encoding && { 'content-encoding': encoding }) },
    onlyIfNew: headers['if-none-match'] === '*',
    ...(retention && { retention }),
  });
  response.writeHead(200, { etag: version.etag, ...versionHeader(bucket, version), ...checksumHeaders(version) });
  response.end();
};

export const CHECKSUM_MODE = 'x-amz-checksum-mode';

/** GetObject and HeadObject. */
export const getObject = async (call: S3Call): Promise<void> => {
  const { bucket, key, query, request, response } = call;
  // A presigned URL has in its query what is a header otherwise.
  const checksumMode = request.headers[CHECKSUM_MODE] ?? query.get(CHECKSUM_MODE);
  const decrypts = request.method !== 'HEAD' || checksumMode === 'ENABLED';
  call.access.get(call.caller, bucket, key, query.has('versionId'), decrypts);
  const version = found(call, query.get('versionId') ?? undefined);
  const range = rangeOf(request.headers.range, version.size);
  const wantsChecksum = checksumMode === 'ENABLED' && !range;
  response.writeHead(range ? 206 : 200, {
    'content-type': 'binary/octet-stream',
    ...version.headers,
    ...overrides(query),
    ...(version.retention && call.access.maySeeRetention(call.caller, bucket, key) && lockHeaders(version)),
    'accept-ranges': 'bytes',
    'content-length': range ? range.end - range.start + 1 : version.size,
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${version.size}` }),
    etag: version.etag,
    'last-modified': new Date(version.modified).toUTCString(),
    ...versionHeader(bucket, version),
    ...(wantsChecksum && checksumHeaders(version)),
  });
  if (request.method === 'HEAD' || version.size === 0) response.end();
  else await pipeline(createReadStream(bucket.pathOf(version), range ?? {}), response);
};

const OVERRIDES = [
  'content-type',
  'content-disposition',
  'content-encoding',
  'content-language',
  'cache-control',
  'expires',
];

/** Query parameters by which a reader names the headers of the answer. */
export const OVERRIDE_QUERY = OVERRIDES.map((name) => `response-${name}`);

const overrides = (query: URLSearchParams): Record<string, string> => {
  const given = OVERRIDES.map((name) => [name, query.get(`response-${name}`)] as const);
  return Object.fromEntries(given.filter((one): one is [string, string] => one[1] !== null));
};

/** Asked for in a header, and permitted. */
const bypass =
  ({ bucket, key, request, caller, access }: S3Call) =>
  (): boolean =>
    request.headers['x-amz-bypass-governance-retention'] === 'true' && access.mayBypassGovernance(caller, bucket, key);

export const getObjectRetention = async (call: S3Call): Promise<void> => {
  const { bucket, key, query, response, caller, access } = call;
  access.getRetention(caller, bucket, key);
  const { retention } = found(call, query.get('versionId') ?? undefined);
  if (!retention) {
    const none = 'The specified object does not have a ObjectLock configuration';
    throw new AwsError('NoSuchObjectLockConfiguration', none, 404);
  }
  const document = xmlDocument(
    'Retention',
    [
      ['Mode', retention.mode],
      ['RetainUntilDate', new Date(retention.until).toISOString()],
    ],
    NAMESPACE,
  );
  response.writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(document) });
  response.end(document);
};

export const putObjectRetention = async (call: S3Call): Promise<void> => {
  const { bucket, key, query, body, request, response, caller, access } = call;
  access.setRetention(caller, bucket, key);
  if (!bucket.objectLock) throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  const { bytes } = readObject(body, request.headers);
  const version = found(call, query.get('versionId') ?? undefined);
  const wanted = retentionIn(bytes);
  checkRetentionChange(version, wanted, bypass(call));
  await bucket.retain(version, wanted);
  response.writeHead(200).end();
};

export const deleteObject = async (call: S3Call): Promise<void> => {
  const { bucket, key, query, response, caller, access } = call;
  access.remove(caller, bucket, key, query.has('versionId'));
  const named = query.get('versionId');
  const version = named === null ? undefined : bucket.version(key, named);
  if (version) checkDeletable(version, bypass(call));
  const removed = await bucket.remove(key, query.get('versionId') ?? undefined);
  response.writeHead(204, {
    ...(removed && versionHeader(bucket, removed)),
    ...(removed?.deleteMarker && { 'x-amz-delete-marker': 'true' }),
  });
  response.end();
};

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const MOST_KEYS = 1000;

export const headBucket = async ({ bucket, response, caller, access }: S3Call): Promise<void> => {
  access.list(caller, bucket);
  response.writeHead(200).end();
};

export const listObjectsV2 = async ({ bucket, query, response, caller, access }: S3Call): Promise<void> => {
  access.list(caller, bucket, query.get('prefix') ?? undefined);
  const text = (name: string) => query.get(name) ?? '';
  const asked = Number(query.get('max-keys') ?? MOST_KEYS);
  if (!Number.isInteger(asked) || asked < 0) throw new AwsError('InvalidArgument', `max-keys ${asked} is no count`);
  const maxKeys = Math.min(asked, MOST_KEYS);
  const token = query.get('continuation-token') ?? undefined;
  const { objects, commonPrefixes, nextToken } = listObjects(bucket, {
    prefix: text('prefix'),
    delimiter: text('delimiter'),
    after: text('start-after'),
    token,
    maxKeys,
  });
  const encode = query.get('encoding-type') === 'url' ? encodeURIComponent : (name: string) => name;
  const document = xmlDocument(
    'ListBucketResult',
    [
      ['Name', bucket.name],
      ['Prefix', encode(text('prefix'))],
      ['Delimiter', query.has('delimiter') ? encode(text('delimiter')) : undefined],
      ['StartAfter', query.has('start-after') ? encode(text('start-after')) : undefined],
      ['EncodingType', query.get('encoding-type') ?? undefined],
      ['ContinuationToken', token],
      ['NextContinuationToken', nextToken],
      ['KeyCount', objects.length + commonPrefixes.length],
      ['MaxKeys', maxKeys],
      ['IsTruncated', nextToken !== undefined],
      ...objects.map(({ key, modified, etag, size }) => {
        const entry = [
          ['Key', encode(key)],
          ['LastModified', new Date(modified).toISOString()],
          ['ETag', etag],
          ['Size', size],
          ['StorageClass', 'STANDARD'],
        ] as const;
        return ['Contents', entry] as const;
      }),
      ...commonPrefixes.map((prefix) => ['CommonPrefixes', [['Prefix', encode(prefix)] as const]] as const),
    ],
    NAMESPACE,
  );
  response.writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(document) });
  response.end(document);
};

const found = ({ bucket, key, response, caller, access }: S3Call, versionId: string | undefined): ObjectVersion => {
  const version = versionId === undefined ? bucket.latest(key) : bucket.version(key, versionId);
  if (version && !version.deleteMarker) return version;
  if (version?.deleteMarker) response.setHeader('x-amz-delete-marker', 'true');
  if (version && versionId !== undefined) {
    throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against a delete marker.', 405);
  }
  // Who may not list a bucket is not told what it lacks.
  access.list(caller, bucket);
  if (versionId !== undefined) throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404);
  throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
};

const versionHeader = ({ versioned }: Bucket, { versionId }: ObjectVersion): Record<string, string> =>
  versioned ? { 'x-amz-version-id': versionId } : {};

const checksumHeaders = ({ checksums }: ObjectVersion): Record<string, string> => {
  const headers = Object.entries(checksums).map(([algorithm, value]) => [`x-amz-checksum-${algorithm}`, value]);
  return headers.length > 0 ? { ...Object.fromEntries(headers), 'x-amz-checksum-type': 'FULL_OBJECT' } : {};
};

/** One range; a header of any other form is left out of account, as HTTP says. */
const rangeOf = (header: string | undefined, size: number): { start: number; end: number } | undefined => {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start <= end) return { start, end };
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
};

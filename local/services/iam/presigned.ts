import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws-json.ts';

/** A request that is signed in its query, for whoever holds the URL. */
export interface PresignedRequest {
  readonly method: string;
  /** As it was sent, not decoded. */
  readonly path: string;
  readonly search: string;
  readonly headers: IncomingHttpHeaders;
}

const SIGNATURE = 'X-Amz-Signature';
const LONGEST_SECONDS = 7 * 24 * 3600;

export const PRESIGNED_QUERY = [
  SIGNATURE,
  'X-Amz-Algorithm',
  'X-Amz-Content-Sha256',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Security-Token',
  'X-Amz-SignedHeaders',
];

export const isPresigned = (search: string): boolean => new URLSearchParams(search).has(SIGNATURE);

/**
 * Access key and session token of a presigned request.
 * @throws AwsError AuthorizationQueryParametersError, or AccessDenied when its time is over
 */
export const presignedBy = ({ search }: PresignedRequest, now = Date.now()) => {
  const query = new URLSearchParams(search);
  const [algorithm, credential = '', date = '', expires = ''] = [
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Date',
    'X-Amz-Expires',
  ].map((name) => query.get(name) ?? undefined);
  const seconds = Number(expires);
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const since = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const lasts = /^\d+$/.test(expires) && seconds > 0 && seconds <= LONGEST_SECONDS;
  if (algorithm !== 'AWS4-HMAC-SHA256' || credential.split('/').length !== 5 || Number.isNaN(since) || !lasts)
    throw new AwsError(
      'AuthorizationQueryParametersError',
      `a presigned URL needs X-Amz-Algorithm, -Credential, -Date and an X-Amz-Expires of 1 to ${LONGEST_SECONDS} seconds`,
    );
  if (since + seconds * 1000 < now) throw new AwsError('AccessDenied', 'Request has expired', 403);
  return { accessKeyId: credential.split('/', 1)[0]!, sessionToken: query.get('X-Amz-Security-Token') ?? undefined };
};

/**
 * Whoever holds the URL must not make another out of it: unlike the signature of a request, this one is worked out.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 *
 * @throws AwsError SignatureDoesNotMatch
 */
export const checkPresignature = (request: PresignedRequest, secretAccessKey: string): void => {
  const query = new URLSearchParams(request.search);
  const [, date = '', region = '', service = ''] = (query.get('X-Amz-Credential') ?? '').split('/');
  const signedHeaders = query.get('X-Amz-SignedHeaders') ?? '';
  const canonical = [
    request.method,
    request.path,
    [...query]
      .filter(([name]) => name !== SIGNATURE)
      .map(([name, value]) => [encoded(name), encoded(value)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map((pair) => pair.join('='))
      .join('&'),
    ...signedHeaders.split(';').map((name) => `${name}:${String(request.headers[name] ?? '').trim()}`),
    '',
    signedHeaders,
    query.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const hash = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', query.get('X-Amz-Date'), scope, hash].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const wanted = hmac(key, toSign);
  const given = Buffer.from(query.get(SIGNATURE) ?? '', 'hex');
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new AwsError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided.',
    403,
  );
};

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

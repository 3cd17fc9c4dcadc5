import { createHash } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type ApiProblem, problemDocument } from './api-problem.ts';
import type { CsvFile } from './asked.ts';

/** On every answer. Nothing that the API gives is to be shown as a page, or read from another origin. */
const SECURITY = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
} as const;

/** A browser may keep it, and must ask before it shows it again. */
const ASK_AGAIN = 'no-cache, private';

/** Lambda gives back at most 6 MB; the rest of the answer needs some room. */
export const MAX_ANSWER_BYTES = 5_500_000;

/**
 * An answer that a reader may already have: of a GET.
 * @param lasting the part of it that does not change with time alone; its tag is weak when that is not all of it
 */
export const found = (
  body: string,
  headers: Record<string, string>,
  ifNoneMatch: string | undefined,
  lasting = body,
) => {
  const sum = `"${createHash('sha256').update(lasting).digest('base64url').slice(0, 32)}"`;
  const etag = lasting === body ? sum : `W/${sum}`;
  const always = { ...SECURITY, 'cache-control': ASK_AGAIN, etag };
  return holds(ifNoneMatch, etag)
    ? { statusCode: 304, headers: always }
    : { statusCode: 200, headers: { ...always, ...headers }, body };
};

/** Whether the reader has this version already (RFC 9110, 13.1.2). */
const holds = (ifNoneMatch: string | undefined, etag: string): boolean =>
  (ifNoneMatch ?? '').split(',').some((each) => each.trim() === '*' || strong(each.trim()) === strong(etag));

const strong = (etag: string): string => etag.replace(/^W\//, '');

export const JSON_TYPE = { 'content-type': 'application/json' };

export const csvHeaders = ({ name }: CsvFile) => ({
  'content-type': 'text/csv; charset=utf-8; header=present',
  'content-disposition': `attachment; filename="${name}"`,
});

/** The answer to a change. */
export const changed = (body: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode: 200,
  headers: { ...SECURITY, ...JSON_TYPE, 'cache-control': 'no-store' },
  body,
});

export const refused = (problem: ApiProblem, requestId: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode: problem.status,
  headers: {
    ...SECURITY,
    ...problem.headers,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  },
  body: JSON.stringify(problemDocument(problem, requestId)),
});

import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod';
import type { Operation } from '#core/contracts/api/operation';
import { ApiProblem, violation } from './api-problem.ts';

/** Longest body, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;
const MOST_FAULTS = 20;
const LONGEST_MESSAGE = 300;

type Received = Pick<APIGatewayProxyEventV2, 'body' | 'isBase64Encoded' | 'headers' | 'rawQueryString'>;

/** Reads the parts of a request by the contract of its operation. */
export const readRequest = (
  { params, query, body }: Operation,
  given: Readonly<Record<string, string>>,
  event: Received,
): { params: unknown; query: unknown; body: unknown } => {
  const bytes = bodyBytes(event);
  if (bytes.length > MAX_BODY_BYTES)
    throw new ApiProblem(413, `the body has ${bytes.length} bytes, at most ${MAX_BODY_BYTES} are taken`);
  return {
    params: checked('params', params, given),
    query: checked('query', query, queryOf(event.rawQueryString ?? '')),
    body: body && checked('body', body, jsonOf(event, bytes)),
  };
};

const bodyBytes = ({ body, isBase64Encoded }: Received): Buffer =>
  Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');

const queryOf = (text: string): Record<string, string> => {
  const given = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (given.has(name)) throw violation([{ path: `query.${shortened(name)}`, message: 'given twice, expected once' }]);
    given.set(name, value);
  }
  return Object.fromEntries(given);
};

const jsonOf = ({ headers }: Received, bytes: Buffer): unknown => {
  const type = headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new ApiProblem(415, `the content type is '${shortened(type)}', expected application/json`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw violation([{ path: 'body', message: `is not JSON in UTF-8: ${shortened((error as Error).message)}` }]);
  }
};

const checked = (part: string, schema: z.ZodType, value: unknown): unknown => {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const errors = read.error.issues.slice(0, MOST_FAULTS).map(({ path, message }) => ({
    path: shortened([part, ...path.map(String)].join('.')),
    message: shortened(message),
  }));
  throw violation(errors as [(typeof errors)[number]]);
};

const shortened = (text: string): string =>
  text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}...` : text;

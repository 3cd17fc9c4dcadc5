import type { ServerResponse } from 'node:http';
import * as z from 'zod';

const value = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const withStatus = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), value).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/**
 * What a function returned, as API Gateway sends it: an answer with its status, or anything else as JSON.
 * @returns false when it is neither, which is a fault of the function
 */
export const sendAnswer = (response: ServerResponse, returned: string): boolean => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(returned);
  } catch {
    return false;
  }
  const hasStatus = typeof parsed === 'object' && parsed !== null && 'statusCode' in parsed;
  const answer = withStatus.safeParse(hasStatus ? parsed : { statusCode: 200, body: returned });
  if (!answer.success) return false;
  const { statusCode, headers, cookies, body, isBase64Encoded } = answer.data;
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  const named = Object.fromEntries(Object.entries(headers ?? {}).map(([name, one]) => [name.toLowerCase(), one]));
  response.writeHead(statusCode, {
    ...(bytes.length > 0 && { 'content-type': hasStatus ? 'text/plain;charset=UTF-8' : 'application/json' }),
    ...named,
    ...(cookies && { 'set-cookie': [...cookies] }),
    ...(statusCode === 204 || statusCode === 304 ? {} : { 'content-length': bytes.length }),
  });
  response.end(bytes);
  return true;
};

/** An answer of the gateway itself, in its words. */
export const refuse = (response: ServerResponse, status: keyof typeof WORDS): void => {
  const body = JSON.stringify({ message: WORDS[status] });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  });
  response.end(body);
};

const WORDS = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

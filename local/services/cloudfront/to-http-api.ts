import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Behaviour } from './definition.ts';

/** Of one connection, which neither side passes on. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Passes a request on, and the answer back; what the behaviour says of headers, the origin cannot unsay. */
export const forward = async (
  request: IncomingMessage,
  response: ServerResponse,
  endpoint: string,
  { forwardsAll, headers: own }: Behaviour,
): Promise<void> => {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  const { host: _, ...given } = request.headers;
  const passed = forwardsAll ? given : only(given, ['content-type', 'content-length', 'accept-encoding']);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const onward = ask(endpoint, {
      method: request.method,
      path: forwardsAll ? request.url : path,
      headers: without(passed, HOP_BY_HOP),
    });
    onward.once('response', resolve);
    onward.once('error', reject);
    // Ends the request onward also when whoever asks goes away.
    pipeline(request, onward).catch(reject);
  });
  const passedBack = without(answer.headers, [...HOP_BY_HOP, ...Object.keys(own)]);
  response.writeHead(answer.statusCode ?? 502, { ...passedBack, via: '1.1 local.cloudfront.net (CloudFront)' });
  await pipeline(answer, response);
};

type Headers = IncomingMessage['headers'];

const without = (headers: Headers, names: readonly string[]): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));

const only = (headers: Headers, names: readonly string[]): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));

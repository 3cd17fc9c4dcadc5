import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { ACCOUNT } from '../../template/identity.ts';
import type { Claims } from './authorize.ts';
import type { MatchedRoute } from './match-route.ts';

/** What a function gets besides what AWS's own type says: who asks, when the route has an authorizer. */
export interface HttpApiEvent extends APIGatewayProxyEventV2 {
  readonly requestContext: APIGatewayProxyEventV2['requestContext'] & {
    readonly authorizer?: { readonly jwt: { readonly claims: Claims; readonly scopes: null } };
  };
}

const TEXT = /^(text\/|application\/(json|javascript|xml|problem\+json|x-www-form-urlencoded))/i;

/**
 * The event of payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const eventOf = (options: {
  readonly request: IncomingMessage;
  readonly apiId: string;
  readonly path: string;
  readonly search: string;
  readonly body: Buffer;
  readonly matched: MatchedRoute;
  readonly claims: Claims | undefined;
  readonly requestId: string;
  readonly now: number;
}): HttpApiEvent => {
  const { request, apiId, path, search, body, matched, claims, requestId, now } = options;
  const { cookie, ...given } = request.headers;
  const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, [value].flat().join(',')]));
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
  const query = queryOf(search);
  const isText = body.length === 0 || TEXT.test(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: matched.route.key,
    rawPath: path,
    rawQueryString: search,
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers: { ...headers, 'x-forwarded-for': sourceIp, 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    ...(Object.keys(matched.pathParameters).length > 0 && { pathParameters: { ...matched.pathParameters } }),
    requestContext: {
      accountId: ACCOUNT,
      apiId,
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
      domainName: headers.host ?? '',
      domainPrefix: apiId,
      http: {
        method: request.method ?? '',
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: matched.route.key,
      stage: '$default',
      time: clfTime(now),
      timeEpoch: now,
    },
    ...(body.length > 0 && { body: isText ? body.toString('utf8') : body.toString('base64') }),
    isBase64Encoded: !isText,
  };
};

/** Several values of one name stand with commas between. */
const queryOf = (search: string): Record<string, string> => {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(search))
    query[name] = Object.hasOwn(query, name) ? `${query[name]},${value}` : value;
  return query;
};

/** `12/Mar/2026:19:03:58 +0000` */
const clfTime = (ms: number): string => {
  const [, day, month, year, clock] = new Date(ms).toUTCString().split(' ');
  return `${day}/${month}/${year}:${clock} +0000`;
};

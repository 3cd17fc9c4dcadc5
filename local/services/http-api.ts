import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { JWTVerifyGetKey } from 'jose';
import { ACCOUNT, REGION } from '../template/identity.ts';
import { AwsError, type Listening, listenOnLoopback, readBody } from './aws-json.ts';
import { refuse, sendAnswer } from './http-api/answer.ts';
import { authorize } from './http-api/authorize.ts';
import type { HttpApiDefinition, RouteDefinition } from './http-api/definition.ts';
import { eventOf } from './http-api/event.ts';
import { routeMatcher } from './http-api/match-route.ts';
import { throttle } from './http-api/throttle.ts';
import type { Guard } from './iam/guard.ts';
import { type InvocationResult, type Lambda, MAX_PAYLOAD_BYTES } from './lambda.ts';
import { meansLoopback } from './loopback-host.ts';

export interface HttpApi extends Listening {
  readonly apiId: string;
}

/** Of a request to an HTTP API. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const tooLarge = () => new AwsError('RequestEntityTooLarge', `a request has at most ${MAX_BODY_BYTES} bytes`, 413);

/**
 * An HTTP API of API Gateway: routes, JWT authorizers and throttling of the template, and the function's answer to an
 * event of payload format 2.0. What it refuses itself it refuses in API Gateway's words. No CORS: no template grants any.
 */
export const startHttpApi = async (options: {
  readonly api: HttpApiDefinition;
  readonly lambda: Pick<Lambda, 'invoke'>;
  /** Public keys of an issuer. @throws Error when nobody here issues tokens by that name */
  readonly keysOf: (issuer: string) => JWTVerifyGetKey;
  readonly guard: Pick<Guard, 'check'>;
  readonly port?: number;
  readonly now?: () => number;
  /** Hears of every answer, for metrics. */
  readonly onAnswer?: (status: number, latencyMs: number) => void;
}): Promise<HttpApi> => {
  const { api, lambda, keysOf, guard, port, now = Date.now } = options;
  const match = routeMatcher(api.routes);
  const byDefault = throttle(api.throttle);
  const mayPass = new Map(api.routes.map((route) => [route, route.throttle ? throttle(route.throttle) : byDefault]));
  const keys = new Map(
    api.routes.flatMap(({ authorizer }) => (authorizer ? [[authorizer.issuer, keysOf(authorizer.issuer)]] : [])),
  );

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = randomUUID();
    response.setHeader('apigw-requestid', requestId);
    if (!meansLoopback(request)) return leave(request, () => refuse(response, 403));
    // Not by `URL`, which would take `..` out of a path.
    const [path, search] = splitTarget(request.url ?? '/');
    const matched = match(request.method ?? '', path);
    if (!matched) return leave(request, () => refuse(response, 404));
    const { route } = matched;
    if (!mayPass.get(route)!()) return leave(request, () => refuse(response, 429));
    const { authorizer } = route;
    const claims =
      authorizer && (await authorize(request.headers.authorization, authorizer, keys.get(authorizer.issuer)!));
    if (authorizer && !claims) return leave(request, () => refuse(response, 401));
    const body = await readBody(request, MAX_BODY_BYTES, tooLarge);

    const event = JSON.stringify(
      eventOf({ request, apiId: api.apiId, path, search, body, matched, claims, requestId, now: now() }),
    );
    // Lambda takes less than the gateway.
    if (event.length > MAX_PAYLOAD_BYTES) return refuse(response, 413);
    guard.check({ arn: 'apigateway.amazonaws.com' }, 'lambda:InvokeFunction', route.target, {
      'aws:SourceArn': sourceArn(api.apiId, request.method ?? '', route),
    });
    const result = await inTime(lambda.invoke(route.target, event), route.timeoutMs);
    if (result === undefined || result.outcome === 'throttled') return refuse(response, 503);
    if (result.outcome === 'failed' || !sendAnswer(response, result.text)) refuse(response, 500);
  };
  const server = createServer((request, response) => {
    const began = performance.now();
    response.once('finish', () => options.onAnswer?.(response.statusCode, performance.now() - began));
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else if (error instanceof AwsError && error.status === 413) refuse(response, 413);
      else {
        console.error('local cloud: http api request failed:', error);
        refuse(response, 500);
      }
    });
  });
  return { ...(await listenOnLoopback(server, port)), apiId: api.apiId };
};

/** Lets a request that nobody reads run out, so that its sender reads the answer. */
const leave = (request: IncomingMessage, refuseIt: () => void): void => {
  request.resume();
  refuseIt();
};

const splitTarget = (target: string): [path: string, search: string] => {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
};

const sourceArn = (apiId: string, method: string, { key }: RouteDefinition): string =>
  `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/$default/${method}${key.slice(key.indexOf(' ') + 1)}`;

/** Undefined when it takes longer; the function goes on for nobody, as on AWS. */
const inTime = async (
  invocation: Promise<InvocationResult>,
  timeoutMs: number,
): Promise<InvocationResult | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  try {
    return await Promise.race([invocation, late]);
  } finally {
    clearTimeout(timer);
    invocation.catch(() => {});
  }
};

import middy from '@middy/core';
import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { MetricUnit, observed } from '#adapters/observed';
import type { Operation } from '#core/contracts/api/operation';
import { OPERATIONS } from '#core/contracts/api/operations';
import { ApiProblem } from './api-problem.ts';
import type { CsvFile, Routes } from './asked.ts';
import { callerOf, requireGroup } from './caller.ts';
import { matchPath } from './match-path.ts';
import { readRequest } from './read-request.ts';
import { changed, csvHeaders, found, JSON_TYPE, MAX_ANSWER_BYTES, refused } from './reply.ts';
import { type RouteParts, routesOf } from './routes.ts';

export type ServeApi = Omit<RouteParts, 'alarmsUnknown'>;

/** An event of an HTTP API, payload format 2.0; the path without a login has no authorizer. */
export type ApiEvent = Omit<APIGatewayProxyEventV2WithJWTAuthorizer, 'requestContext'> & {
  readonly requestContext: Omit<APIGatewayProxyEventV2WithJWTAuthorizer['requestContext'], 'authorizer'> &
    Partial<Pick<APIGatewayProxyEventV2WithJWTAuthorizer['requestContext'], 'authorizer'>>;
};

/** Answers the API: whatever happens, with an answer of its contract or with a problem document. */
export const makeHandler = (parts: ServeApi) => {
  const { logger, metrics, middleware } = observed('serve-api');
  const routes = routesOf({
    ...parts,
    alarmsUnknown: (error) => logger.warn('system alarms cannot be read', { error }),
  });

  const handle = async (event: ApiEvent): Promise<APIGatewayProxyStructuredResultV2> => {
    metrics.addMetric('ApiRequests', MetricUnit.Count, 1);
    const { requestId } = event.requestContext;
    try {
      return await answer(routes, event);
    } catch (error) {
      if (error instanceof ApiProblem) return refused(error, requestId);
      metrics.addMetric('ApiFailures', MetricUnit.Count, 1);
      logger.error('request failed', { requestId, path: event.rawPath, error: error as Error });
      return refused(new ApiProblem(500, 'the request could not be answered; its id stands in the logs'), requestId);
    }
  };

  return middy<ApiEvent, APIGatewayProxyStructuredResultV2>().use(middleware).handler(handle);
};

/** Needs no login. */
const HEALTH = '/health';

const answer = async (routes: Routes, event: ApiEvent): Promise<APIGatewayProxyStructuredResultV2> => {
  const { method } = event.requestContext.http;
  const ifNoneMatch = event.headers['if-none-match'];
  if (event.rawPath === HEALTH) {
    if (method !== 'GET')
      throw new ApiProblem(405, `${method} is not possible here, GET is`, { headers: { allow: 'GET' } });
    return found(JSON.stringify({ status: 'ok' }), JSON_TYPE, ifNoneMatch);
  }
  const { name, params } = matchPath(method, event.rawPath);
  const operation: Operation = OPERATIONS[name];
  const caller = callerOf(event.requestContext.authorizer?.jwt?.claims);
  requireGroup(caller, operation.group);
  const asked = { caller, ...readRequest(operation, params, event) };
  // The table gives contract and route of one name; TypeScript cannot follow that through the index.
  const result = await (routes[name] as (asked: unknown) => Promise<unknown>)(asked);
  if (!operation.answer) return found((result as CsvFile).text, csvHeaders(result as CsvFile), ifNoneMatch);
  const body = JSON.stringify(result);
  if (Buffer.byteLength(body) > MAX_ANSWER_BYTES)
    throw new ApiProblem(400, `the answer would be larger than ${MAX_ANSWER_BYTES} bytes; ask for less at a time`);
  return method === 'GET' ? found(body, JSON_TYPE, ifNoneMatch, JSON.stringify(result, withoutAges)) : changed(body);
};

/** How old something was when it was asked for: it grows by itself, and follows from the minute beside it. */
const AGES: readonly string[] = ['ageSeconds', 'minutesBehind'];
const withoutAges = (key: string, value: unknown): unknown => (AGES.includes(key) ? undefined : value);

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  AwsError,
  answerError,
  answerJson,
  type Listening,
  listenOnLoopback,
  parseObject,
  readBody,
} from './aws-json.ts';
import type { Guard, Principal } from './iam/guard.ts';

export interface RestCall {
  /** Parts of the path by the names they have in the route, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as a JSON object. */
  json(): Record<string, unknown>;
  readonly caller: Principal;
}

/** Returns the response: an object for JSON, bytes as they are, nothing for an empty one. */
export type RestOperation = (call: RestCall) => unknown;

/** `'GET /things/{thingName}/shadow'` */
export type RestRoutes = Readonly<Record<string, RestOperation>>;

const compile = (route: string, operation: RestOperation) => {
  const [method, path] = route.split(' ') as [string, string];
  const source = path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)').replaceAll('$', '\\$');
  return { method, pattern: new RegExp(`^${source}/?$`), operation };
};

const MAX_BODY_BYTES = 1024 * 1024;

/** Serves operations of AWS's REST-JSON protocol. A call that no route knows is refused. */
export const serveRest = (options: {
  readonly routes: RestRoutes;
  readonly guard: Pick<Guard, 'callerOf'>;
  readonly port?: number;
}): Promise<Listening> => {
  const { guard, port } = options;
  const routes = Object.entries(options.routes).map(([route, operation]) => compile(route, operation));
  const tooLarge = () =>
    new AwsError('RequestEntityTooLargeException', `the request is over ${MAX_BODY_BYTES} bytes`, 413);

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request, MAX_BODY_BYTES, tooLarge);
    const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
    for (const { method, pattern, operation } of routes) {
      const match = method === request.method ? pattern.exec(path) : null;
      if (!match) continue;
      const output = await operation({
        path: Object.fromEntries(
          Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
        ),
        query: new URLSearchParams(search),
        headers: request.headers,
        body,
        json: () => parseObject(body),
        caller: guard.callerOf(request.headers),
      });
      if (Buffer.isBuffer(output)) response.writeHead(200, { 'content-length': output.length }).end(output);
      else answerJson(response, output === undefined ? '{}' : JSON.stringify(output));
      return;
    }
    throw new AwsError('UnknownOperationException', `${request.method} ${path} is not served by the local cloud`, 404);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => answerError(response, error));
  });
  return listenOnLoopback(server, port);
};

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AwsError, answerJson, type Listening, listenOnLoopback } from './aws-json.ts';
import type { DistributionDefinition } from './cloudfront/definition.ts';
import { readDevelopmentLogin } from './cloudfront/development-login.ts';
import { behaviourOf } from './cloudfront/match-behaviour.ts';
import { forward } from './cloudfront/to-http-api.ts';
import type { Cognito } from './cognito.ts';
import { meansLoopback } from './loopback-host.ts';
import type { S3 } from './s3.ts';

const CONFIG = JSON.stringify({ auth: { kind: 'development' } });

/**
 * A distribution of CloudFront: files of a bucket and an HTTP API at one address, with the headers of the template.
 * Nothing is cached. Two things are only here: `/config.json` says that there is a development login, and
 * `POST /development-login` gives whoever asks on this machine a token of the local user pool.
 */
export const startCloudFront = async (options: {
  readonly distribution: DistributionDefinition;
  readonly objects: Pick<S3, 'objectFor'>;
  /** URL of each HTTP API, by its id. */
  readonly apis: Readonly<Record<string, string>>;
  readonly cognito: Pick<Cognito, 'developmentToken'>;
  readonly port?: number;
}): Promise<Listening> => {
  const { distribution, objects, apis, cognito, port } = options;
  const { behaviours, rootObject } = distribution;
  const as = { service: 'cloudfront.amazonaws.com', sourceArn: distribution.arn };

  const sendObject = async (
    request: IncomingMessage,
    response: ServerResponse,
    { bucket, path }: { readonly bucket: string; readonly path: string },
    asked: string,
  ): Promise<void> => {
    const key = keyOf(`${path}${asked === '/' && rootObject !== undefined ? `/${rootObject}` : asked}`);
    const object = key === undefined ? undefined : await objects.objectFor(bucket, key, as);
    // S3 does not tell whether there is such an object to those who may not list the bucket.
    if (!object) return plain(response, 403, 'Access Denied');
    const { etag, contentType, cacheControl, body } = object;
    const headers = { etag, ...(cacheControl !== undefined && { 'cache-control': cacheControl }) };
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, 'content-type': contentType, 'content-length': body.length });
    response.end(request.method === 'HEAD' ? undefined : body);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const behaviour = behaviourOf(behaviours, path);
    if (!behaviour) throw new AwsError('NoBehaviour', `nothing is served at ${path}`, 404);
    for (const [name, value] of Object.entries(behaviour.headers)) response.setHeader(name, value);
    if (!meansLoopback(request)) return refuseHost(request, response);
    if (path === '/config.json' && request.method === 'GET')
      return answerJson(response, CONFIG, { headers: { 'cache-control': 'no-cache' } });
    if (path === '/development-login' && request.method === 'POST') {
      const idToken = await cognito.developmentToken(await readDevelopmentLogin(request));
      return answerJson(response, JSON.stringify({ idToken }), { headers: { 'cache-control': 'no-store' } });
    }
    if (!behaviour.methods.includes(request.method ?? '')) {
      request.resume();
      return plain(response, 403, `${request.method} is not served here`);
    }
    const { origin } = behaviour;
    if (origin.kind === 'bucket') return sendObject(request, response, origin, path);
    await forward(request, response, apis[origin.apiId]!, behaviour);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      request.resume();
      if (response.headersSent) response.destroy();
      else if (error instanceof AwsError) plain(response, error.status, error.message);
      else {
        console.error('local cloud: cloudfront request failed:', error);
        plain(response, 502, 'the origin did not answer');
      }
    });
  });
  return listenOnLoopback(server, port);
};

const refuseHost = (request: IncomingMessage, response: ServerResponse): void => {
  request.resume();
  plain(response, 403, `host ${JSON.stringify(request.headers.host ?? '')} is not this machine: use 127.0.0.1`);
};

/** Keys are what the path says, character by character: nothing in it is a way through folders. */
const keyOf = (path: string): string | undefined => {
  try {
    return decodeURIComponent(path).slice(1);
  } catch {
    return undefined; // `%` without two digits is in no key
  }
};

const plain = (response: ServerResponse, status: number, message: string): void => {
  const body = `${message}\n`;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
};

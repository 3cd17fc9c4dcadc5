import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Guard, Principal } from './iam/guard.ts';

/** An answer that AWS itself would give: `code` is the exception's name, `status` the HTTP status. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** What the exception says besides its message. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

/** Reads a whole request body; one longer than `limit` bytes is answered with `tooLarge` and not kept. */
export const readBody = async (request: IncomingMessage, limit: number, tooLarge: () => AwsError): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  if (size > limit) throw tooLarge();
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
};

export const answerJson = (
  response: ServerResponse,
  body: string,
  { status = 200, type = 'application/json', headers = {} as Readonly<Record<string, string>> } = {},
): void => {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': randomUUID(),
    ...headers,
  });
  response.end(body);
};

/** Answers an error as AWS's JSON protocols do. An error that no AWS service would name is a fault of this server. */
export const answerError = (response: ServerResponse, error: unknown, type = 'application/json'): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (!(error instanceof AwsError)) console.error('local cloud: request failed:', error);
  const { code, status, message, fields } =
    error instanceof AwsError ? error : new AwsError('InternalServerErrorException', String(error), 500);
  answerJson(response, JSON.stringify({ __type: code, message, ...fields }), {
    status,
    type,
    headers: { 'x-amzn-errortype': code },
  });
};

export interface Listening {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly port: number;
  /** Takes no new requests, lets the ones under way end for a second, then closes every connection. */
  stop(): Promise<void>;
}

/** Listens on loopback only. Port 0 takes any free one. */
export const listenOnLoopback = async (server: Server, port = 0): Promise<Listening> => {
  // Node closes an idle connection after 5 s, and a client that sends in that moment sees a reset.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${port} on 127.0.0.1 is in use: stop the other program or choose another port`)
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    endpoint: `http://127.0.0.1:${bound}`,
    port: bound,
    stop: () =>
      new Promise((resolve) => {
        const force = setTimeout(() => server.closeAllConnections(), 1000);
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
};

/**
 * An operation takes the parsed request and who sent it, and returns the response; it throws `AwsError` for what AWS
 * would refuse.
 */
export type Operation = (input: Record<string, unknown>, caller: Principal) => unknown;

/**
 * Serves AWS JSON 1.1 (or 1.0): every call is `POST /` with the operation in `X-Amz-Target: Prefix.Operation`.
 * An operation that is not served is refused with `UnknownOperationException`, as AWS does.
 */
export const serveJson11 = (options: {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly guard: Pick<Guard, 'callerOf'>;
  readonly port?: number;
  /** @default '1.1' */
  readonly version?: '1.0' | '1.1';
  /** Bytes of a request body. @default 10 MiB */
  readonly limit?: number;
}): Promise<Listening> => {
  const { operations, guard, port, version = '1.1', limit = 10 * 1024 * 1024 } = options;
  const type = `application/x-amz-json-${version}`;
  const tooLarge = () => new AwsError('RequestEntityTooLargeException', `the request is over ${limit} bytes`, 413);
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request, limit, tooLarge);
    const target = String(request.headers['x-amz-target'] ?? '');
    const name = target.slice(target.lastIndexOf('.') + 1);
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (!operation) throw new AwsError('UnknownOperationException', `operation ${target || '(none)'} is not served`);
    const output = await operation(parseObject(body), guard.callerOf(request.headers));
    answerJson(response, output === undefined ? '{}' : JSON.stringify(output), { type });
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => answerError(response, error, type));
  });
  return listenOnLoopback(server, port);
};

/** The request's JSON object; an empty body is an empty object. */
export const parseObject = (body: Buffer): Record<string, unknown> => {
  try {
    const value: unknown = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new AwsError('SerializationException', `the request is not JSON: ${(error as Error).message}`);
  }
  throw new AwsError('SerializationException', 'the request is not a JSON object');
};

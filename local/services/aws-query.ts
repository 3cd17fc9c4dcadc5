import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AwsError, type Listening, listenOnLoopback, readBody } from './aws-json.ts';
import type { Guard, Principal } from './iam/guard.ts';
import { type XmlElement, xmlDocument } from './s3/xml.ts';

/** Returns what stands in the result element; nothing for an operation that has none. */
export type QueryOperation = (
  input: URLSearchParams,
  caller: Principal,
) => readonly XmlElement[] | undefined | Promise<readonly XmlElement[] | undefined>;

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Serves AWS's Query protocol: every call is a form with the operation in `Action`, every answer XML. An operation that
 * is not served is refused with `InvalidAction`, as AWS does.
 */
export const serveQuery = (options: {
  readonly operations: Readonly<Record<string, QueryOperation>>;
  readonly namespace: string;
  readonly guard: Pick<Guard, 'callerOf'>;
  readonly port?: number;
}): Promise<Listening> => {
  const { operations, namespace, guard, port } = options;
  const tooLarge = () => new AwsError('RequestEntityTooLarge', `the request is over ${MAX_BODY_BYTES} bytes`, 413);

  const answer = async (request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> => {
    const body = await readBody(request, MAX_BODY_BYTES, tooLarge);
    const input = new URLSearchParams(body.toString('utf8'));
    const action = input.get('Action') ?? '';
    const operation = Object.hasOwn(operations, action) ? operations[action] : undefined;
    if (!operation) throw new AwsError('InvalidAction', `operation ${action || '(none)'} is not served`);
    const result = await operation(input, guard.callerOf(request.headers));
    const metadata: XmlElement = ['ResponseMetadata', [['RequestId', requestId]]];
    const elements: readonly XmlElement[] = result ? [[`${action}Result`, result], metadata] : [metadata];
    answerXml(response, 200, xmlDocument(`${action}Response`, elements, namespace));
  };

  const server = createServer((request, response) => {
    const requestId = randomUUID();
    answer(request, response, requestId).catch((error: unknown) => {
      if (!(error instanceof AwsError)) console.error('local cloud: request failed:', error);
      const { code, status, message } =
        error instanceof AwsError ? asQueryError(error) : new AwsError('InternalError', String(error), 500);
      const inner: readonly XmlElement[] = [
        ['Type', status < 500 ? 'Sender' : 'Receiver'],
        ['Code', code],
        ['Message', message],
      ];
      const document = xmlDocument(
        'ErrorResponse',
        [
          ['Error', inner],
          ['RequestId', requestId],
        ],
        namespace,
      );
      answerXml(response, status, document);
    });
  });
  return listenOnLoopback(server, port);
};

const answerXml = (response: ServerResponse, status: number, document: string): void => {
  response.writeHead(status, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(document) });
  response.end(document);
};

/** What the JSON protocols call by other names. */
const asQueryError = (error: AwsError): AwsError => {
  const code = QUERY_WORDS[error.code];
  return code === undefined ? error : new AwsError(code, error.message, 403);
};
const QUERY_WORDS: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AuthorizationError',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  UnrecognizedClientException: 'InvalidClientTokenId',
};

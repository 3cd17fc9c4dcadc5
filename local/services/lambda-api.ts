import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AwsError, answerError, answerJson, type Listening, listenOnLoopback, readBody } from './aws-json.ts';
import type { Guard } from './iam/guard.ts';
import { functionNameOf, type Lambda, MAX_PAYLOAD_BYTES } from './lambda.ts';

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/**
 * The Invoke operation of Lambda's API, synchronous (RequestResponse): the caller waits for the function and gets its
 * result, or what it threw.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const startLambdaApi = async (options: {
  readonly lambda: Pick<Lambda, 'invoke'>;
  /** ARNs without a qualifier. */
  readonly functionArns: readonly string[];
  readonly guard: Guard;
  readonly port?: number;
}): Promise<Listening> => {
  const { lambda, functionArns, guard, port } = options;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, MAX_PAYLOAD_BYTES, tooLarge);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const named = request.method === 'POST' ? PATH.exec(url.pathname)?.[1] : undefined;
    if (named === undefined)
      throw new AwsError('UnknownOperationException', `${request.method} ${url.pathname} is not served`, 404);
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (type !== 'RequestResponse')
      throw new AwsError('InvalidParameterValueException', `invocation type ${type} is not served here`);

    const arn = arnOf(decodeURIComponent(named), url.searchParams.get('Qualifier'));
    guard.check(guard.callerOf(request.headers), 'lambda:InvokeFunction', arn);
    if (!functionArns.includes(withoutQualifier(arn)))
      throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
    checkJson(body);

    const result = await lambda.invoke(arn, body.toString('utf8') || '{}');
    if (result.outcome === 'throttled')
      throw new AwsError(
        'TooManyRequestsException',
        'Rate Exceeded: the function runs as often at a time as it may',
        429,
      );
    const failed = result.outcome === 'failed';
    answerJson(response, failed ? JSON.stringify(result.fault) : result.text, {
      headers: {
        'x-amz-executed-version': '$LATEST',
        'x-amzn-requestid': result.requestId,
        ...(failed && { 'x-amz-function-error': 'Unhandled' }),
      },
    });
  };

  /** A function is named by its name or ARN, with the alias in it or beside it. */
  const arnOf = (given: string, qualifier: string | null): string => {
    const name = functionNameOf(given);
    const base = functionArns.find((arn) => functionNameOf(arn) === name) ?? given;
    const own = given.startsWith('arn:') ? given.split(':')[7] : given.split(':')[1];
    const alias = qualifier ?? own;
    return alias === undefined ? withoutQualifier(base) : `${withoutQualifier(base)}:${alias}`;
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => answerError(response, error));
  });
  return listenOnLoopback(server, port);
};

const withoutQualifier = (arn: string): string => arn.split(':').slice(0, 7).join(':');

const tooLarge = () =>
  new AwsError(
    'RequestTooLargeException',
    `Request must be smaller than ${MAX_PAYLOAD_BYTES} bytes for the InvokeFunction operation`,
    413,
  );

const checkJson = (body: Buffer): void => {
  try {
    if (body.length > 0) JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new AwsError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${(error as Error).message}`,
    );
  }
};

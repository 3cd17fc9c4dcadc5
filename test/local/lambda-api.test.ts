import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/services/aws-json.ts';
import { type Guard, openGuard } from '../../local/services/iam/guard.ts';
import type { InvocationResult } from '../../local/services/lambda.ts';
import { startLambdaApi } from '../../local/services/lambda-api.ts';
import { afterTest } from './temporary.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:verify';
type Answer = InvocationResult extends infer R ? (R extends unknown ? Omit<R, 'requestId'> : never) : never;

const open = async (answer: Answer = { outcome: 'returned', text: '{"complete":true}' }, guard: Guard = openGuard) => {
  const invoked: [string, string][] = [];
  const api = await startLambdaApi({
    lambda: {
      invoke: async (target, event) => {
        invoked.push([target, event]);
        return { ...answer, requestId: 'r-1' } as InvocationResult;
      },
    },
    functionArns: [ARN],
    guard,
  });
  const client = new LambdaClient({
    endpoint: api.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  afterTest(async () => {
    client.destroy();
    await api.stop();
  });
  const invoke = (FunctionName: string, payload = '{"range":1}', more: Partial<InvokeCommand['input']> = {}) =>
    client.send(new InvokeCommand({ FunctionName, Payload: Buffer.from(payload), ...more }));
  return { invoke, invoked };
};

const text = (payload: Uint8Array | undefined) => Buffer.from(payload!).toString('utf8');

describe('invoking a function', () => {
  it('gives it the event and hands back what it returns', async () => {
    const { invoke, invoked } = await open();
    const { StatusCode, Payload, FunctionError, ExecutedVersion } = await invoke(`${ARN}:live`);
    expect({ StatusCode, FunctionError, ExecutedVersion }).toEqual({
      StatusCode: 200,
      FunctionError: undefined,
      ExecutedVersion: '$LATEST',
    });
    expect(text(Payload)).toBe('{"complete":true}');
    expect(invoked).toEqual([[`${ARN}:live`, '{"range":1}']]);
  });

  it.each([
    ['its name', 'verify', undefined, ARN],
    ['its name and alias', 'verify:live', undefined, `${ARN}:live`],
    ['its name, the alias beside it', 'verify', 'live', `${ARN}:live`],
    ['its ARN', ARN, undefined, ARN],
  ])('names it by %s', async (_, name, Qualifier, target) => {
    const { invoke, invoked } = await open();
    await invoke(name, '{}', { Qualifier });
    expect(invoked).toEqual([[target, '{}']]);
  });

  it('tells what it threw as the function’s error, not as one of the call', async () => {
    const { invoke } = await open({
      outcome: 'failed',
      fault: { errorType: 'Error', errorMessage: 'facility X is not known' },
    });
    const { StatusCode, FunctionError, Payload } = await invoke('verify');
    expect([StatusCode, FunctionError]).toEqual([200, 'Unhandled']);
    expect(JSON.parse(text(Payload))).toEqual({ errorType: 'Error', errorMessage: 'facility X is not known' });
  });

  it('is refused while the function runs as often as it may', async () => {
    const { invoke } = await open({ outcome: 'throttled' });
    await expect(invoke('verify')).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      $metadata: { httpStatusCode: 429 },
    });
  });

  it('of a function that does not exist is refused', async () => {
    const { invoke, invoked } = await open();
    await expect(invoke('other')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(invoked).toEqual([]);
  });

  it('with something that is no JSON is refused', async () => {
    const { invoke } = await open();
    await expect(invoke('verify', '{')).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
  });

  it('without waiting for it is not served', async () => {
    const { invoke, invoked } = await open();
    const later = invoke('verify', '{}', { InvocationType: 'Event' });
    await expect(later).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    expect(invoked).toEqual([]);
  });

  it('needs the permission for just what is invoked, alias and all', async () => {
    const asked: string[] = [];
    const guard: Guard = {
      ...openGuard,
      check: (_, action, resource) => {
        asked.push(`${action} ${resource}`);
        throw new AwsError('AccessDeniedException', 'not you', 403);
      },
    };
    const { invoke, invoked } = await open(undefined, guard);
    await expect(invoke(`${ARN}:live`)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect([asked, invoked]).toEqual([[`lambda:InvokeFunction ${ARN}:live`], []]);
  });
});

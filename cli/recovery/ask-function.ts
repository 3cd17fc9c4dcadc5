import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type RecoveryAnswer, type RecoveryRequest, recoveryAnswer } from '#core/contracts/recovery';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';
import { functionAnswer } from '../function-answer.ts';

/** Has recover-records put back what lies under some keys; undefined when it was told to stop before that began. */
export type AskRecovery = (request: RecoveryRequest) => Promise<RecoveryAnswer | undefined>;

/** The function may take three minutes; waiting less would ask again while it works. */
const PATIENCE_MS = 4 * 60_000;
/** It does one request at a time, and somebody else's may have many. */
const BUSY_MS = 10 * 60_000;
const TRY_AGAIN_MS = 500;

/**
 * To ask recover-records, once or many times. While it works for somebody else this waits its turn, until `stop`.
 * @throws CommandFailed with what the function says when it cannot
 */
export const recoveryOf = (
  { output, clientConfig }: Pick<Deployment, 'output' | 'clientConfig'>,
  stop: AbortSignal,
): AskRecovery => {
  const client = new LambdaClient({
    ...clientConfig('LAMBDA'),
    requestHandler: new NodeHttpHandler({ requestTimeout: PATIENCE_MS }),
  });
  const FunctionName = output('Processing', 'RecoverRecordsFunctionArn');

  return async (request) => {
    const invocation = new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(request)) });
    const busyUntil = Date.now() + BUSY_MS;
    while (!stop.aborted)
      try {
        return functionAnswer('recover-records', await client.send(invocation), recoveryAnswer);
      } catch (error) {
        if ((error as Error).name !== 'TooManyRequestsException') throw error;
        if (Date.now() > busyUntil)
          throw new CommandFailed(
            'recover-records was busy for ten minutes: repeat the command when nobody else has it work',
          );
        await sleep(TRY_AGAIN_MS * (1 + Math.random()), undefined, { signal: stop }).catch(() => undefined);
      }
    return undefined;
  };
};

import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import * as z from 'zod';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';
import { functionAnswer } from '../function-answer.ts';

const answer = z.object({ published: z.int(), waiting: z.int() });

/** The function may take two minutes; waiting less would ask again while it works. */
const PATIENCE_MS = 150_000;
/** It runs once at a time, and each minute by itself. */
const BUSY_MS = 180_000;
const TRY_AGAIN_MS = 500;

/**
 * Has raise-alarms publish a test, with what else waits.
 * @throws CommandFailed with what it says when a topic does not take it
 */
export const askForSelfTest = async ({
  output,
  clientConfig,
  who,
}: Pick<Deployment, 'output' | 'clientConfig' | 'who'>): Promise<z.infer<typeof answer>> => {
  const client = new LambdaClient({
    ...clientConfig('LAMBDA'),
    requestHandler: new NodeHttpHandler({ requestTimeout: PATIENCE_MS }),
  });
  const invocation = new InvokeCommand({
    FunctionName: output('Processing', 'RaiseAlarmsFunctionArn'),
    Payload: Buffer.from(JSON.stringify({ selfTest: { who: who.slice(0, 200) } })),
  });
  const busyUntil = Date.now() + BUSY_MS;
  for (;;)
    try {
      return functionAnswer('raise-alarms', await client.send(invocation), answer);
    } catch (error) {
      if ((error as Error).name !== 'TooManyRequestsException') throw error;
      if (Date.now() > busyUntil)
        throw new CommandFailed('raise-alarms was busy for three minutes: look at its log, and repeat the command');
      await sleep(TRY_AGAIN_MS);
    }
};

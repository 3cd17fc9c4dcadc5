import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type ContinuityReport, type ContinuityRequest, continuityReport } from '#core/contracts/continuity-report';
import type { Deployment } from '../deployment.ts';
import { functionAnswer } from '../function-answer.ts';

/** The function may take 15 minutes; waiting less would ask again while it works. */
const PATIENCE_MS = 16 * 60_000;

/**
 * Has verify-continuity look at a range. An answer holds only so much: of many facilities it is asked in portions, and
 * their answers are put together.
 * @throws CommandFailed with what the function says when it cannot
 */
export const askVerifyContinuity = async (
  { output, clientConfig }: Pick<Deployment, 'output' | 'clientConfig'>,
  request: ContinuityRequest,
): Promise<ContinuityReport> => {
  const client = new LambdaClient({
    ...clientConfig('LAMBDA'),
    requestHandler: new NodeHttpHandler({ requestTimeout: PATIENCE_MS }),
    // One request is worked on at a time: another one waits its turn.
    maxAttempts: 8,
  });
  const ask = async (portion: ContinuityRequest): Promise<ContinuityReport> => {
    const invocation = new InvokeCommand({
      FunctionName: output('Processing', 'VerifyContinuityFunctionArn'),
      Payload: Buffer.from(JSON.stringify(portion)),
    });
    return functionAnswer('verify-continuity', await client.send(invocation), continuityReport);
  };
  try {
    let { continueAfter, ...whole } = await ask(request);
    while (continueAfter !== undefined) {
      // The first answer's range: the latest minutes come due while this goes on.
      const next = await ask({ ...request, range: whole.range, after: continueAfter });
      whole = {
        ...whole,
        complete: whole.complete && next.complete,
        facilities: whole.facilities.concat(next.facilities),
      };
      continueAfter = next.continueAfter;
    }
    return whole;
  } finally {
    client.destroy();
  }
};

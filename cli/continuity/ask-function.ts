import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import {
  type ContinuityReport,
  type ContinuityRequest,
  continuityRefusal,
  continuityReport,
} from '#core/contracts/continuity-report';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';

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
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({
        FunctionName: output('Processing', 'VerifyContinuityFunctionArn'),
        Payload: Buffer.from(JSON.stringify(portion)),
      }),
    );
    const answer: unknown = JSON.parse(Buffer.from(Payload!).toString('utf8'));
    const refusal = continuityRefusal.safeParse(answer);
    if (refusal.success) throw new CommandFailed(refusal.data.refused);
    if (FunctionError) throw new CommandFailed((answer as { errorMessage: string }).errorMessage);
    return reportOf(answer);
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

const reportOf = (answer: unknown): ContinuityReport => {
  const read = continuityReport.safeParse(answer);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new CommandFailed(
    `verify-continuity answers in another form than this release reads (${issue!.path.join('.')}: ${issue!.message}): use the release that is deployed`,
  );
};

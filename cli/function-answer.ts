import type { InvokeCommandOutput } from '@aws-sdk/client-lambda';
import type * as z from 'zod';
import { refusal } from '#core/contracts/refusal';
import { CommandFailed } from './failure.ts';

/**
 * What a function of the deployment answers.
 * @throws CommandFailed with what it says when it cannot, or when it answers in another form than this release reads
 */
export const functionAnswer = <T>(
  name: string,
  { FunctionError, Payload }: InvokeCommandOutput,
  contract: z.ZodType<T>,
): T => {
  const answer: unknown = JSON.parse(Buffer.from(Payload!).toString('utf8'));
  if (FunctionError) throw new CommandFailed((answer as { errorMessage: string }).errorMessage);
  const refused = refusal.safeParse(answer);
  if (refused.success) throw new CommandFailed(refused.data.refused);
  const read = contract.safeParse(answer);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new CommandFailed(
    `${name} answers in another form than this release reads (${issue!.path.join('.')}: ${issue!.message}): use the release that is deployed`,
  );
};

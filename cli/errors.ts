import { CommanderError } from 'commander';
import { EmissionWatchError } from '#core/errors';
import { CommandFailed } from './failure.ts';
import { wrapped } from './output.ts';
import { reportInterrupted } from './stop.ts';

const FAILED = 1;
const WRONG_USAGE = 2;

/** Says what went wrong and what to do about it, and leaves the exit code. */
export const endWithError = (error: unknown): void => {
  // Commander has printed the reason, or the help that was asked for.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
    return;
  }
  if ((error as Error).name === 'AbortError') {
    reportInterrupted();
    return;
  }
  for (const line of wrapped(`ew: ${explanationOf(error)}`)) process.stderr.write(`${line}\n`);
  process.exitCode = FAILED;
};

interface ServiceError extends Error {
  readonly $metadata?: unknown;
  readonly code?: string;
}

const explanationOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof CommandFailed || error instanceof EmissionWatchError) return error.message;
  const { name, message, code, $metadata } = error as ServiceError;
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET')
    return `nothing answers at the service's address (${message || code}): is the local cloud still running?`;
  if (code === 'ENOTFOUND' || code === 'ETIMEDOUT')
    return `AWS cannot be reached (${message}): check the network and the region`;
  if (/^(AccessDenied|Unauthorized|Forbidden)/.test(name) && message.includes('cognito-idp:'))
    return `not allowed: ${message}; attach the managed policy of output AdministratorPolicyArn (stack EmissionWatch-Api) to who you are`;
  if (/^(AccessDenied|Unauthorized|Forbidden)/.test(name))
    return `not allowed: ${message}; attach the managed policy of output OperatorPolicyArn (stack EmissionWatch-Processing) to who you are`;
  if (/^(ExpiredToken|CredentialsProvider|UnrecognizedClient|InvalidClientTokenId)/.test(name))
    return `the credentials are not valid (${message}): sign in again; for a local cloud, it may have been started anew`;
  if ($metadata) return `${name}: ${message}`;
  // Neither foreseen nor a service's answer: where it comes from is what there is to go by.
  return error.stack ?? message;
};

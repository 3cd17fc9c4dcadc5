import { EmissionWatchError } from '#core/errors';

/** An answer has room for so much of each. */
const MAX_REASON = 1000;

/** Why an object could not be read or put back, as whoever asked for it is told. */
export const reasonOf = (error: unknown): string => {
  const { name, message } = error as Error;
  // Objects older than a year are in an archive class that must be restored first.
  if (name === 'InvalidObjectState')
    return 'it is archived: restore it with `aws s3api restore-object`, then repeat this';
  if (error instanceof EmissionWatchError && error.details.error) return `${message} (${error.details.error})`;
  return message.slice(0, MAX_REASON);
};

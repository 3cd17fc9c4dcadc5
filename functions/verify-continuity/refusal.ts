import { EmissionWatchError } from '#core/errors';

/**
 * A request that has no answer: whoever asked is told why. It is no failure of the function, which would count against
 * a deployment that is under way.
 */
export class RequestRefusedError extends EmissionWatchError {
  readonly code = 'EW-REQUEST-REFUSED';
  readonly retryable = false;
}

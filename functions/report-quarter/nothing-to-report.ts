import { EmissionWatchError } from '#core/errors';

/** There is nothing that the report could be made from; trying again helps only when something has come. */
export class NothingToReportError extends EmissionWatchError {
  readonly code = 'EW-NOTHING-TO-REPORT';
  readonly retryable = false;

  constructor(message: string, details: object) {
    super(message, { ...details });
  }
}

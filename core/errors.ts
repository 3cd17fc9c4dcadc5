/** Root of every error thrown on purpose. `code` is stable: alarms and runbooks key on it. */
export abstract class EmissionWatchError extends Error {
  abstract readonly code: string;
  /** May the same input be tried again? Decides retry against quarantine. */
  abstract readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, details: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.details = details;
  }
}

import { EmissionWatchError } from '../errors.ts';

/** A plan that no hour can be worked out with; `planDefects` finds it before it gets this far. */
export class DefectivePlanError extends EmissionWatchError {
  readonly code = 'EW-PLAN-DEFECTIVE';
  readonly retryable = false;
}

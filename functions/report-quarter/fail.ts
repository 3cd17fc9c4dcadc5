import type { ReportStore } from '#adapters/data-api-reports';
import type { StepOf } from '#core/contracts/report-steps';

const LONGEST = 1000;

/** Notes on the report why it could not be made, for whoever has started it. */
export const failReport = async (
  { reports }: { readonly reports: Pick<ReportStore, 'markFailed'> },
  { execution, error }: StepOf<'fail'>,
): Promise<{ readonly failure: string }> => {
  const failure = reasonOf(error).slice(0, LONGEST);
  await reports.markFailed(execution, failure);
  return { failure };
};

/** Lambda gives the cause as JSON with the message of the error. */
const reasonOf = ({ Error: name, Cause: cause = '' }: StepOf<'fail'>['error']): string => {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    return typeof errorMessage === 'string' && errorMessage !== '' ? errorMessage : name;
  } catch {
    return cause === '' ? name : `${name}: ${cause}`;
  }
};

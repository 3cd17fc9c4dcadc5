import type { Span } from '#adapters/data-api-series';
import { minuteOfText } from '#core/time';
import { violation } from './api-problem.ts';

interface Range {
  readonly from: string;
  readonly until: string;
}

/** @throws ApiProblem 400 when the range is empty */
export const minutesIn = ({ from, until }: Range): Span => {
  const span = { from: minuteOfText(from), until: minuteOfText(until) };
  if (span.until <= span.from)
    throw violation([{ path: 'query.until', message: `expected a minute after ${from}, got ${until}` }]);
  return span;
};

/** The hours that begin in the range. */
export const hoursIn = (range: Range): Span => {
  const { from, until } = minutesIn(range);
  return { from: Math.ceil(from / 60), until: Math.ceil(until / 60) };
};

import type { Parameter } from '#core/contracts/emission-hour';
import { hourOfText, textOfHour } from '#core/time';

export const RANGES = { '24h': 24, '30d': 720 } as const;
export type RangeName = keyof typeof RANGES;

/** What the curves of a source show; it stands in the address, so that a link shows the same. */
export interface CurveView {
  readonly range: RangeName;
  /** Undefined: the one the API takes. */
  readonly parameter: Parameter | undefined;
  /** The hour after the last; undefined: what is newest, as time goes on. */
  readonly until: string | undefined;
  readonly table: boolean;
}

const isRange = (text: string | undefined): text is RangeName => text !== undefined && Object.hasOwn(RANGES, text);

/** The full hour that a text of the address names. */
const hourIn = (text: string | undefined): string | undefined => {
  try {
    return text === undefined ? undefined : textOfHour(hourOfText(text));
  } catch {
    // An address typed by hand: what is newest is shown.
    return undefined;
  }
};

export const viewOf = (
  params: Readonly<Record<string, string>>,
  known: Readonly<Record<Parameter, string>>,
): CurveView => ({
  range: isRange(params.range) ? params.range : '24h',
  parameter:
    params.parameter !== undefined && Object.hasOwn(known, params.parameter)
      ? (params.parameter as Parameter)
      : undefined,
  until: hourIn(params.until),
  table: params.as === 'table',
});

export const queryOf = ({ range, parameter, until, table }: CurveView): Record<string, string | undefined> => ({
  range: range === '24h' ? undefined : range,
  parameter,
  until,
  as: table ? 'table' : undefined,
});

/** First hour of a range and the one after its last. @param newest the newest stored hour */
export const hoursOf = ({ range, until }: CurveView, newest: string): { from: string; until: string } => {
  const end = until === undefined ? hourOfText(newest) + 1 : hourOfText(until);
  return { from: textOfHour(end - RANGES[range]), until: textOfHour(end) };
};

/** The view one range earlier or later; past the newest hour it follows the newest again. */
export const shifted = (view: CurveView, ranges: 1 | -1, newest: string): CurveView => {
  const end = hourOfText(hoursOf(view, newest).until) + ranges * RANGES[view.range];
  return { ...view, until: end > hourOfText(newest) ? undefined : textOfHour(end) };
};

import { textOfHour } from '#core/time';
import { besideLimit, counted, storedFigure } from '../format/figure.ts';
import { plantHour } from '../format/plant-time.ts';
import { placesOfMany } from '../format/reporting-places.ts';
import { HOUR_SIGNS, type Sign } from '../format/state.ts';
import { averagingWindow } from './averaging-window.ts';
import { type CurveLimit, type CurveState, drawnLimits, type HourlyCurve } from './hourly-curve.ts';

export const CURVE_SIGNS: Readonly<Record<CurveState, Sign>> = {
  ...HOUR_SIGNS,
  'not-stored': { tone: 'idle', symbol: '·', word: 'Not stored' },
};

export interface AverageWords {
  readonly rule: string;
  readonly text: string;
  readonly exceeded: boolean;
}

/** What is known of one hour of a curve, in words. */
export interface HourWords {
  /** On the plant's clock. */
  readonly when: string;
  /** With its unit; null when the hour has none. */
  readonly value: string | null;
  readonly sign: Sign;
  readonly averages: readonly AverageWords[];
}

const averageWords = (curve: HourlyCurve, limit: CurveLimit, at: number): AverageWords => {
  const { rule, unit, operatingHours } = limit;
  const average = limit.averages[at] ?? null;
  const value = limit.limits[at] ?? null;
  const window = counted(operatingHours, 'operating hour');
  if (average !== null && value !== null) {
    const exceeded = limit.exceeded[at] ?? false;
    const [mean, most] = [besideLimit(String(average), String(value)), storedFigure(String(value))];
    const against = exceeded ? `over the limit of ${most}` : `limit ${most}`;
    return { rule, text: `average over ${window} ${mean} ${unit}, ${against}`, exceeded };
  }
  const none = (text: string) => ({ rule, text, exceeded: false });
  if (curve.states[at] === 'not-operating') return none('no window ends in an hour without operation');
  if (value !== null && averagingWindow(curve, operatingHours, at)?.complete)
    return none(`not one of the ${window} has a value`);
  return none(`no full window of ${window} ends here`);
};

/** @param at place of the hour in the curve */
export const hourWords = (curve: HourlyCurve, at: number, utcOffsetMinutes: number): HourWords => {
  const state = curve.states[at] ?? 'not-stored';
  const value = curve.values[at] ?? null;
  return {
    when: plantHour(textOfHour(curve.hours[at] ?? 0), utcOffsetMinutes),
    value:
      value === null
        ? null
        : `${storedFigure(String(value), placesOfMany(curve.parameter, curve.values))} ${curve.unit}`,
    sign: CURVE_SIGNS[state],
    averages: state === 'not-stored' ? [] : drawnLimits(curve).map((limit) => averageWords(curve, limit, at)),
  };
};

/** The same as one sentence, to be spoken. */
export const spokenHour = ({ when, value, sign, averages }: HourWords): string => {
  const state = sign.word.toLowerCase();
  const parts = [value === null ? state : `${value}, ${state}`];
  for (const { rule, text } of averages) parts.push(averages.length > 1 ? `${rule}: ${text}` : text);
  return `${when}: ${parts.join('; ')}.`;
};

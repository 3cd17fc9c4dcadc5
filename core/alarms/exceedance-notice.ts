import type { ExceedanceRun, Stretch } from '../compliance/exceedance-runs.ts';
import type { ComplianceRecord } from '../contracts/compliance-record.ts';
import type { Notice } from '../contracts/notice.ts';
import { hourOfText } from '../time.ts';
import { Decimal } from '../units/decimal.ts';
import { counted, figureAgainst, plantHour } from './figures.ts';

/** Where a run is. */
export interface RunPlace {
  readonly facility: string;
  readonly source: string;
  readonly rule: string;
  readonly utcOffsetMinutes: number;
}

/** A notice before it is stored: the store knows when that is, and the number of the run. */
export type ExceedanceNotice = Omit<Notice, 'at' | 'exceedanceId'>;

/** Tells of a run of windows over a limit. */
export const raisedNotice = (place: RunPlace, run: ExceedanceRun): ExceedanceNotice =>
  notice(
    place,
    'raised',
    `${place.rule} exceeded`,
    `Source ${place.source} exceeded its limit ${place.rule}: ${story(place, run)}`,
  );

/** What a run was, in one or two sentences. */
export const story = ({ utcOffsetMinutes }: Pick<RunPlace, 'utcOffsetMinutes'>, run: ExceedanceRun): string => {
  const { first, last, windows, state, worst } = run;
  const worstOf = windows === 1 ? 'the average is' : 'the highest average is';
  return (
    `${worstOf} ${figureAgainst(worst.average, worst.limit)} ${worst.unit} where ${worst.limit} is allowed ` +
    `(${worst.citation}). ${counted(windows, 'window')} over it, ending ${hoursOf(first, last, utcOffsetMinutes)}; ` +
    (state === 'lasting' ? 'the newest is one of them.' : 'that is over.')
  );
};

/** Says what is left of a run, of whose windows a recompute has taken some back. */
export const correctedNotice = (place: RunPlace, told: Stretch, now: ExceedanceRun): ExceedanceNotice =>
  notice(
    place,
    'retracted',
    `${place.rule} was exceeded less`,
    `Correction: source ${place.source} exceeded its limit ${place.rule} in fewer hours than was told. ` +
      `${toldBefore(place, told)} With the data as they are now ${story(place, now)}`,
  );

/**
 * Takes back what a recompute has shown to be wrong.
 * @param told    what people were last told of it
 * @param records the records that now stand for the windows of the run, as far as there are any
 */
export const retractedNotice = (
  place: RunPlace,
  told: Stretch,
  records: readonly ComplianceRecord[],
): ExceedanceNotice =>
  notice(
    place,
    'retracted',
    `${place.rule} was not exceeded`,
    `Correction: source ${place.source} did not exceed its limit ${place.rule}. ` +
      `${toldBefore(place, told)} ${presentAverages(told, records)}`,
  );

const toldBefore = ({ utcOffsetMinutes }: RunPlace, { first, last, windows, worst }: Stretch): string =>
  `Told before: ${counted(windows, 'window')}, at most ${figureAgainst(worst.average, worst.limit)} ${worst.unit}, ending ` +
  `${hoursOf(first, last, utcOffsetMinutes)}.`;

const hoursOf = (first: number, last: number, utcOffsetMinutes: number): string => {
  const from = plantHour(first, utcOffsetMinutes);
  return first === last
    ? `with the hour of ${from}`
    : `with the hours from ${from} to ${plantHour(last, utcOffsetMinutes)}`;
};

const presentAverages = (run: Stretch, records: readonly ComplianceRecord[]): string => {
  const inRun = records.filter(({ windowEnd, average }) => {
    const hour = hourOfText(windowEnd);
    return average !== null && hour >= run.first && hour <= run.last;
  });
  const [first, ...others] = inRun;
  if (!first) return 'With the data as they are now, none of these windows has an average.';
  const highest = others.reduce((a, b) => (new Decimal(b.average!).gt(a.average!) ? b : a), first);
  return (
    `With the data as they are now the highest average is ${figureAgainst(highest.average!, highest.limit)} ` +
    `${highest.unit} where ${highest.limit} is allowed.`
  );
};

const notice = (
  { facility, source }: RunPlace,
  kind: 'raised' | 'retracted',
  what: string,
  text: string,
): ExceedanceNotice => ({
  v: 1,
  kind,
  facility,
  source,
  alarm: 'exceedance',
  alarmId: null,
  subject: `${facility} ${source}: ${what}`,
  text,
});

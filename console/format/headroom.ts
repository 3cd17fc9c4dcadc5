import type { ComplianceRecord } from '#core/contracts/compliance-record';
import { Decimal } from '#core/units/decimal';
import { besideLimit, counted, percent, storedFigure } from './figure.ts';
import { capital } from './words.ts';

/** From here on a limit counts as near: the lowest share at which people are warned unless they set another. */
export const NEAR_SHARE = 0.8;
/** And when at present emissions it is reached within so many operating hours, as by default too. */
export const NEAR_HOURS = 3;

export type LimitLevel = 'over' | 'near' | 'within' | 'no-data';

/** average / limit; null where there is no average or no limit above zero to divide by. */
export const shareOf = ({ average, limit }: Pick<ComplianceRecord, 'average' | 'limit'>): number | null => {
  const share = average === null ? Number.NaN : Number(average) / Number(limit);
  return Number.isFinite(share) ? share : null;
};

/** How a limit is kept, by its newest record. */
export const limitLevel = (record: ComplianceRecord): LimitLevel => {
  if (record.state === 'no-data') return 'no-data';
  if (record.state === 'exceedance') return 'over';
  const hours = record.headroom?.hoursToLimit ?? Number.POSITIVE_INFINITY;
  return (shareOf(record) ?? 0) >= NEAR_SHARE || hours <= NEAR_HOURS ? 'near' : 'within';
};

/** The average beside the limit. @example '14.2 of 15 ppm (94.7 %)' */
export const averageWords = (record: ComplianceRecord): string => {
  const { average, limit, unit } = record;
  if (average === null) return `no average; the limit is ${limit} ${unit}`;
  const share = shareOf(record);
  return `${besideLimit(average, limit)} of ${limit} ${unit}${share === null ? '' : ` (${percent(share)})`}`;
};

/** The window in words. @example '4 operating hours, 3 of them with a value' */
export const windowWords = ({ operatingHours, validHours }: ComplianceRecord): string =>
  operatingHours === validHours
    ? counted(operatingHours, 'operating hour')
    : `${counted(operatingHours, 'operating hour')}, ${validHours} of them with a value`;

/** An allowance is cut off after four digits, not rounded: who keeps to the figure on the screen keeps the limit. */
const allowed = (text: string): string =>
  storedFigure(new Decimal(text).toSignificantDigits(4, Decimal.ROUND_DOWN).toFixed());

const comingHour = ({ headroom, unit, state }: ComplianceRecord): string | undefined => {
  if (headroom === null) return undefined;
  if (Number(headroom.nextHour) < 0)
    return 'even an hour without emissions does not bring the next average within the limit';
  const most = `may average ${allowed(headroom.nextHour)} ${unit} for the next operating hour`;
  return state === 'exceedance' ? `${most} to come back within the limit` : most;
};

const ifItStays = ({ headroom, state }: ComplianceRecord): string | undefined => {
  if (headroom === null || state === 'exceedance') return undefined;
  return headroom.hoursToLimit === null
    ? 'at present emissions the limit is kept'
    : `at present emissions over the limit in ${counted(headroom.hoursToLimit, 'operating hour')}`;
};

/**
 * What a limit leaves room for, in words that hold as they stand: the record looks one operating hour ahead and says
 * when a window goes over the limit if emissions stay as they are.
 */
export const headroomWords = (record: ComplianceRecord): string => {
  if (record.state === 'no-data') return 'No hour of the window has a value: nothing can be said of the limit.';
  const said = [comingHour(record), ifItStays(record)].filter((words) => words !== undefined);
  return said.length > 0 ? `${capital(said.join('; '))}.` : 'No room is known.';
};

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Steps of the axis, from a minute to a quarter of a year. */
const STEPS = [60, 300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 5 * DAY, 7 * DAY];
const LONGEST = 14 * DAY;

/**
 * Marks of a time axis, on round times of the plant's clock.
 * @param from, until seconds from 1970, UTC
 * @param most the most marks that have room
 */
export const timeMarks = (from: number, until: number, utcOffsetMinutes: number, most: number): number[] => {
  const step = STEPS.find((each) => (until - from) / each <= most) ?? LONGEST;
  const offset = utcOffsetMinutes * 60;
  const marks: number[] = [];
  for (let local = Math.ceil((from + offset) / step) * step; local - offset <= until; local += step)
    marks.push(local - offset);
  return marks;
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The clock time of each mark, the day at midnight and below the first mark. */
export const markLabels = (marks: readonly number[], utcOffsetMinutes: number): string[] =>
  marks.map((mark, i) => {
    const local = new Date((mark + utcOffsetMinutes * 60) * 1000);
    const day = `${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]}`;
    const clock = local.toISOString().slice(11, 16);
    if (clock === '00:00') return day;
    return i === 0 ? `${clock}\n${day}` : clock;
  });

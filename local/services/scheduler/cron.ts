const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of the values, from `min` on. */
  readonly names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'minutes', min: 0, max: 59 },
  { name: 'hours', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 1, max: 7, names: DAYS },
  { name: 'year', min: 1970, max: 2199 },
];

/** Minute, hour, day of month, month, day of week (Sunday is 1), year. */
export type ClockFields = readonly [number, number, number, number, number, number];

/**
 * The test for `cron(minutes hours day-of-month month day-of-week year)` of EventBridge Scheduler.
 * Lists, ranges and steps work; L, W and # do not.
 *
 * @throws Error for an expression that has another form
 */
export const cronTest = (expression: string): ((clock: ClockFields) => boolean) => {
  const parts = /^cron\((.+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
  if (parts?.length !== FIELDS.length) {
    throw new Error(`schedule ${expression}: expected cron(minutes hours day-of-month month day-of-week year)`);
  }
  const tests = parts.map((part, i) => fieldTest(part, FIELDS[i]!, expression));
  return (clock) => tests.every((test, i) => test(clock[i]!));
};

const fieldTest = (text: string, field: Field, expression: string): ((value: number) => boolean) => {
  if (text === '*' || text === '?') return () => true;
  const allowed = new Set<number>();
  for (const item of text.split(',')) {
    const [, range, step] = /^([A-Z0-9*-]+?)(?:\/(\d+))?$/i.exec(item) ?? [];
    const [from, to] = bounds(range, field, step !== undefined);
    if (!(from >= field.min && to <= field.max && from <= to)) {
      throw new Error(
        `schedule ${expression}: ${field.name} ${item} is not understood, expected ${field.min} to ${field.max}, ` +
          'with * , - or / and without L, W or #',
      );
    }
    for (let value = from; value <= to; value += Number(step ?? 1) || field.max) allowed.add(value);
  }
  return (value) => allowed.has(value);
};

const bounds = (range: string | undefined, field: Field, stepped: boolean): readonly [number, number] => {
  if (range === '*') return [field.min, field.max];
  const ends = (range ?? '').split('-').map((end) => numberOf(end, field));
  const [from = Number.NaN, to = stepped ? field.max : from] = ends;
  return ends.length > 2 ? [Number.NaN, Number.NaN] : [from, to];
};

const numberOf = (text: string, { min, names }: Field): number => {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  return named >= 0 ? min + named : /^\d+$/.test(text) ? Number(text) : Number.NaN;
};

/** Reads a moment on the clock of a time zone. */
export const clockOf = (timeZone: string): ((ms: number) => ClockFields) => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    weekday: 'short',
  });
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const weekday = DAYS.indexOf((parts.weekday ?? '').toUpperCase()) + 1;
    return [
      Number(parts.minute),
      Number(parts.hour),
      Number(parts.day),
      Number(parts.month),
      weekday,
      Number(parts.year),
    ];
  };
};

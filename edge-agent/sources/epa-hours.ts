import { columnsOf, type EpaColumns } from './epa-columns.ts';
import { type Line, readLines } from './lines.ts';
import { splitCsvLine } from './split-csv-line.ts';

/** One unit, one clock hour, as EPA publishes it. Numbers are decimal text as printed; null is an empty field. */
export interface EpaHour {
  readonly kind: 'hour';
  readonly file: string;
  readonly line: number;
  /** Postal code; null where the file has no such column. */
  readonly state: string | null;
  readonly orisCode: number;
  readonly unit: string;
  /** Local standard time, `2018-01-23`. */
  readonly date: string;
  /** Clock hour that begins then, 0 to 23, local standard time. */
  readonly hour: number;
  /** Part of the hour in which the unit operated, 0 to 1. */
  readonly operatingTime: string;
  /** MW, not scaled by operating time. */
  readonly grossLoad: string | null;
  /** 1000 lb/h of steam. */
  readonly steamLoad: string | null;
  /** lb of the hour. */
  readonly so2Mass: string | null;
  /** lb/mmBtu. */
  readonly noxRate: string | null;
  /** `Measured`, `Substitute` or another of EPA's words; null where the file has no such column. */
  readonly noxRateFlag: string | null;
  /** lb of the hour. */
  readonly noxMass: string | null;
  /** Short tons of the hour. */
  readonly co2Mass: string | null;
  /** mmBtu of the hour. */
  readonly heatInput: string | null;
}

export interface UnreadableLine {
  readonly kind: 'unreadable';
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

const UNIT = /^[A-Za-z0-9_.*-]{1,32}$/;
const NUMBER = /^(\d+(\.\d+)?|\.\d+)$/;

/** What is wrong with a line; never leaves this file. */
class Unreadable extends Error {}

const numberText = (name: string, text: string, missing: string | undefined): string | null => {
  if (text === '' || text === missing) return null;
  if (!NUMBER.test(text)) throw new Unreadable(`${name} is not a number: '${text}'`);
  return text.startsWith('.') ? `0${text}` : text;
};

const wholeNumber = (name: string, text: string, low: number, high: number): number => {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high))
    throw new Unreadable(`${name} is not a whole number from ${low} to ${high}: '${text}'`);
  return value;
};

/** Two-digit years: EPA's hourly data begin in 1995. */
const century = (year: string) => (Number(year) >= 90 ? `19${year}` : `20${year}`);

const dateOf = (text: string): string => {
  const [, y, m, d] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const [, m2, d2, y2] = /^(\d\d)-(\d\d)-(\d{4})$/.exec(text) ?? [];
  const [, y3, m3, d3] = /^(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  const date = `${y ?? y2 ?? century(y3 ?? '')}-${m ?? m2 ?? m3}-${d ?? d2 ?? d3}`;
  const time = new Date(`${date}T00:00Z`);
  if (Number.isNaN(time.getTime()) || time.toISOString().slice(0, 10) !== date)
    throw new Unreadable(`the date is not a day as YYYY-MM-DD, MM-DD-YYYY or YYMMDD: '${text}'`);
  return date;
};

const hourOf = ({ file, number: line, text }: Line, columns: EpaColumns): EpaHour => {
  const fields = splitCsvLine(text);
  if (!fields) throw new Unreadable('a quote is not closed');
  if (fields.length !== columns.count)
    throw new Unreadable(`expected ${columns.count} columns as in the header, got ${fields.length}`);
  const field = (at: number | undefined) => (at === undefined ? '' : fields[at]!.trim());
  const number = (name: string, at: number | undefined) => numberText(name, field(at), columns.missing);

  const unit = field(columns.unit);
  if (!UNIT.test(unit)) throw new Unreadable(`the unit is not a name of letters, digits and _ . * -: '${unit}'`);
  const operatingTime = number('operating time', columns.operatingTime);
  if (operatingTime === null || Number(operatingTime) > 1)
    throw new Unreadable(`operating time is not a part of an hour from 0 to 1: '${field(columns.operatingTime)}'`);
  return {
    kind: 'hour',
    file,
    line,
    state: field(columns.state) || null,
    orisCode: wholeNumber('the ORIS code', field(columns.orisCode), 1, 9_999_999),
    unit,
    date: dateOf(field(columns.date)),
    hour: wholeNumber('the hour', field(columns.hour), 0, 23),
    operatingTime,
    grossLoad: number('gross load', columns.grossLoad),
    steamLoad: number('steam load', columns.steamLoad),
    so2Mass: number('SO2 mass', columns.so2Mass),
    noxRate: number('NOx rate', columns.noxRate),
    noxRateFlag: field(columns.noxRateFlag) || null,
    noxMass: number('NOx mass', columns.noxMass),
    co2Mass: number('CO2 mass', columns.co2Mass),
    heatInput: number('heat input', columns.heatInput),
  };
};

/**
 * Reads EPA's hourly emissions: the form of 2018 (MM-DD-YYYY), the older one (YYMMDD, -9 for missing) and the newer
 * one of CAMPD (YYYY-MM-DD), told apart by their headers; plain or zipped. A line that cannot be read is yielded with
 * its number and the reason, and the rest goes on.
 * @throws Error when the file cannot be opened, or its first line is not such a header
 */
export async function* readEpaHours(file: string): AsyncGenerator<EpaHour | UnreadableLine> {
  let within: string | undefined;
  let columns: EpaColumns | undefined;
  try {
    for await (const line of readLines(file)) {
      if (line.file !== within || !columns) {
        within = line.file;
        columns = columnsOf(line.text);
        continue;
      }
      if (line.text.trim() === '') continue;
      try {
        yield hourOf(line, columns);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        yield { kind: 'unreadable', file: line.file, line: line.number, reason: error.message };
      }
    }
  } catch (error) {
    throw new Error(`cannot read ${within ?? file}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  if (!columns) throw new Error(`cannot read ${file}: it is empty`);
}

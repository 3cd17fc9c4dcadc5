import type { Parameter } from '../../contracts/emission-hour.ts';
import type { Period, SummaryCode } from '../../contracts/quarterly-report.ts';
import { PARAMETER_WORDS } from '../../hour/parameter-words.ts';
import { minuteOfText, textOfMinute } from '../../time.ts';
import { Decimal } from '../../units/decimal.ts';
import { html, type Markup } from './markup.ts';

/** Thousands apart, as English has it: `12,345.6`. */
export const number = (value: number | string, places?: number): string => {
  const decimal = new Decimal(value);
  const text = places === undefined ? decimal.toFixed() : decimal.toFixed(places, Decimal.ROUND_HALF_UP);
  const [whole = '', fraction] = text.split('.');
  return whole.replaceAll(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
};

export const counted = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`;

export const percent = (value: string | null): string => (value === null ? 'no operating hours' : `${value} %`);

/** A moment on the plant's clock, `2018-01-05 07:00`. */
export const onClock = (text: string, utcOffsetMinutes: number): string =>
  textOfMinute(minuteOfText(text) + utcOffsetMinutes)
    .slice(0, 16)
    .replace('T', ' ');

/** `UTC−07:00` */
export const clockName = (utcOffsetMinutes: number): string => {
  const minutes = Math.abs(utcOffsetMinutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `UTC${utcOffsetMinutes < 0 ? '−' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};

const NAMED = 40;

/** Periods on the plant's clock, as many as a reader takes in; all of them are in the JSON document. */
export const periodList = (periods: readonly Period[], utcOffsetMinutes: number): Markup => {
  const items = periods.slice(0, NAMED).map(({ from, until, hours }) => {
    const [begin, end] = [onClock(from, utcOffsetMinutes), onClock(until, utcOffsetMinutes)];
    const to = end.slice(0, 10) === begin.slice(0, 10) ? end.slice(11) : end;
    return html`<li>${begin} to ${to} (${number(hours)} h)</li>`;
  });
  const more = periods.length - NAMED;
  return html`<ul class="periods">${items}${more > 0 ? html`<li>and ${number(more)} more, in the JSON document</li>` : []}</ul>`;
};

export const parameterName = (parameter: string): string => PARAMETER_WORDS[parameter as Parameter] ?? parameter;

export const SUMMARY_NAMES: Readonly<Record<SummaryCode, string>> = {
  OPHOURS: 'Operating hours',
  OPTIME: 'Operating time',
  HIT: 'Heat input',
  SO2M: 'SO2 mass',
  NOXM: 'NOx mass',
  CO2M: 'CO2 mass',
  NOXR: 'NOx rate, mean',
};

/** Decimals in which each summary value is reported. */
export const SUMMARY_PLACES: Readonly<Record<SummaryCode, number>> = {
  OPHOURS: 0,
  OPTIME: 2,
  HIT: 0,
  SO2M: 1,
  NOXM: 1,
  CO2M: 1,
  NOXR: 3,
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
export const monthName = (date: string): string => MONTHS[Number(date.slice(5, 7)) - 1]!;

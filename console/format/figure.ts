import { figureAgainst } from '#core/alarms/figures';

/** Groups of three with a thin gap would copy badly into a spreadsheet; a comma is what the reports have. */
const grouped = (text: string): string => {
  const [whole = '', fraction] = text.split('.');
  const sign = whole.startsWith('-') ? '-' : '';
  const groups = whole.replace('-', '').replace(/\B(?=(\d{3})+$)/g, ',');
  return sign + groups + (fraction === undefined ? '' : `.${fraction}`);
};

const SIGNIFICANT = 3;
const MOST_DECIMALS = 6;

const rounded = (value: number, decimals: number): string => {
  const text = value.toFixed(decimals);
  // Negative zero is no reading.
  return Number(text) === 0 ? text.replace('-', '') : text;
};

/** Decimals that give three significant digits, none from 100 on. */
const decimalsOf = (value: number): number => {
  if (value === 0) return 0;
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  return Math.min(MOST_DECIMALS, Math.max(0, SIGNIFICANT - 1 - magnitude));
};

/**
 * A figure as people read it: three significant digits, whole from 100 on, with commas. Not for the record: the stored
 * digits stand on the number page.
 * @param value a number or a decimal text; null is no figure
 * @example figure('14.23456') // '14.2'
 */
export const figure = (value: string | number | null | undefined): string => {
  if (value === null || value === undefined || value === '') return '–';
  const number = Number(value);
  return Number.isFinite(number) ? grouped(rounded(number, decimalsOf(number))) : String(value);
};

/**
 * A stored figure with all the digits it has, with commas, and with the zeros at its end that the record leaves out.
 * @param places decimals to which it is reported
 * @example storedFigure('0.18', 3) // '0.180'
 */
export const storedFigure = (value: string | null | undefined, places = 0): string => {
  if (value === null || value === undefined) return '–';
  return /^-?\d+(\.\d+)?$/.test(value) ? grouped(padded(value, places)) : value;
};

const padded = (decimal: string, places: number): string => {
  const [whole = '', fraction = ''] = decimal.split('.');
  const decimals = fraction.padEnd(places, '0');
  return decimals === '' ? whole : `${whole}.${decimals}`;
};

/**
 * An average beside its limit, as the notices write it: four digits, or so many that the one which is over never looks
 * as the limit does.
 */
export const besideLimit = (average: string, limit: string): string => grouped(figureAgainst(average, limit));

/** A share of a limit in percent; 99.96 % is not shown as 100 %, nor 100.04 %. */
export const percent = (share: number): string => {
  const hundred = share * 100;
  let decimals = Math.abs(hundred) >= 10 ? 0 : 1;
  if (hundred > 95 && hundred < 105) decimals = 1;
  while (decimals < 6 && hundred !== 100 && Number(hundred.toFixed(decimals)) === 100) decimals++;
  return `${grouped(rounded(hundred, decimals))} %`;
};

/** @example counted(1, 'alarm') // '1 alarm' */
export const counted = (count: number, word: string, plural = `${word}s`): string =>
  `${grouped(String(count))} ${count === 1 ? word : plural}`;

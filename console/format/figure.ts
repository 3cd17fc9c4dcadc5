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

/** A stored figure with all the digits it has, with commas: values are stored at their reporting precision. */
export const storedFigure = (value: string | null | undefined): string => {
  if (value === null || value === undefined) return '–';
  return /^-?\d+(\.\d+)?$/.test(value) ? grouped(value) : value;
};

/** An average beside its limit: with so many digits that the one which is over never looks as the limit does. */
export const besideLimit = (average: string, limit: string): string => {
  const [a, l] = [Number(average), Number(limit)];
  let decimals = Math.max(decimalsOf(a), limit.split('.')[1]?.length ?? 0);
  while (decimals < 12 && a !== l && Number(a.toFixed(decimals)) === l) decimals++;
  return grouped(rounded(a, decimals));
};

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

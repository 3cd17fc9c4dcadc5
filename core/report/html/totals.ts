import {
  type QuarterlyReport,
  SUMMARY_CODES,
  SUMMARY_UNITS,
  type SummaryCode,
  type SummaryValue,
} from '../../contracts/quarterly-report.ts';
import { Decimal } from '../../units/decimal.ts';
import { html, type Markup } from './markup.ts';
import { table } from './tables.ts';
import { counted, number, SUMMARY_NAMES, SUMMARY_PLACES } from './words.ts';

/** The figure of one summary value: the total, or that there is none and what the measured hours come to. */
export const totalOf = (value: SummaryValue | undefined): Markup => {
  if (!value) return html`<span class="soft">not made</span>`;
  const { parameterCode: code, currentReportingPeriodTotal: total, measuredHoursTotal: measured } = value;
  const places = SUMMARY_PLACES[code];
  if (total !== null) {
    if (value.totalCovers === 'stored-hours') return html`${number(total, places)}<small>stored hours only</small>`;
    if (value.totalCovers !== 'measured-hours') return html`${number(total, places)}`;
    return html`${number(total, places)}<small>measured hours only</small><small>${counted(value.hoursWithoutValue, 'hour')} without</small>`;
  }
  if (value.hoursWithoutValue === 0) return html`<span class="soft">none</span>`;
  return html`<span class="soft">no total</span><small>${measured === null ? 'no measured hour' : `measured hours: ${number(measured, places)}`}</small><small>${counted(value.hoursWithoutValue, 'hour')} without</small>`;
};

/** Every source and its summary values. */
export const totalsTable = ({ summaryValueData, sources }: QuarterlyReport): Markup => {
  const codes = SUMMARY_CODES.filter((code) => summaryValueData.some(({ parameterCode }) => parameterCode === code));
  return table(
    'Summary values of each source',
    [
      { name: 'Source' },
      ...codes.map((code) => ({ name: `${SUMMARY_NAMES[code]}, ${SUMMARY_UNITS[code]} (${code})` })),
    ],
    sources.map(({ source }) => [
      source,
      ...codes.map((code) => totalOf(summaryValueOf(summaryValueData, source, code))),
    ]),
  );
};

export const summaryValueOf = (
  values: readonly SummaryValue[],
  source: string,
  code: SummaryCode,
): SummaryValue | undefined =>
  values.find(({ unitId, stackPipeId, parameterCode }) => (unitId ?? stackPipeId) === source && parameterCode === code);

const HEADLINES: readonly SummaryCode[] = ['NOXM', 'CO2M', 'SO2M', 'HIT', 'OPHOURS'];

/**
 * The whole facility at a glance: sums of the sources' totals. Left out where stacks or pipes report beside units, since
 * what is measured in a common stack may be counted at the units as well.
 */
export const headlines = ({ summaryValueData, sources }: QuarterlyReport): Markup => {
  if (summaryValueData.some(({ stackPipeId }) => stackPipeId !== null)) return html``;
  const cards = HEADLINES.flatMap((code) => {
    const values = summaryValueData.filter(({ parameterCode }) => parameterCode === code);
    return values.length === 0 ? [] : [card(code, values)];
  });
  const of = sources.length === 1 ? 'the source' : `${sources.length} sources`;
  return html`<ul class="cards" aria-label="Sums of ${of}">${cards}</ul>`;
};

const card = (code: SummaryCode, values: readonly SummaryValue[]): Markup => {
  const sum = (numbers: readonly (number | null)[]) =>
    numbers.reduce<Decimal>((total, value) => total.plus(value ?? 0), new Decimal(0)).toNumber();
  const name = SUMMARY_NAMES[code];
  const places = SUMMARY_PLACES[code];
  const unit = code === 'OPHOURS' ? 'source hours' : SUMMARY_UNITS[code];
  const lacking = values.reduce((hours, value) => hours + value.hoursWithoutValue, 0);
  if (lacking === 0) {
    const stored = values.some(({ totalCovers }) => totalCovers === 'stored-hours');
    return html`<li>${name}<b>${number(sum(values.map((value) => value.currentReportingPeriodTotal)), places)} <span>${unit}</span></b>${stored ? html`<span class="soft small">stored hours only</span>` : ''}</li>`;
  }
  const measured = number(sum(values.map((value) => value.measuredHoursTotal)), places);
  return html`<li>${name}<b>${measured} <span>${unit}</span></b><span class="soft small">measured hours only: ${counted(lacking, 'hour')} without a value</span></li>`;
};

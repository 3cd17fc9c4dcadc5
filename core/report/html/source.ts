import { ACTION_CODES, REASON_CODES } from '../../compliance/exceedance-codes.ts';
import type { Exceedance } from '../../contracts/exceedance.ts';
import type { QuarterlyReport } from '../../contracts/quarterly-report.ts';
import { FINDING, STATUS } from '../../contracts/status.ts';
import { columnChart, hourStrip, rateChart } from './charts.ts';
import { html, type Markup } from './markup.ts';
import { table } from './tables.ts';
import { summaryValueOf } from './totals.ts';
import { counted, number, onClock, parameterName, percent, periodList } from './words.ts';

type Source = QuarterlyReport['sources'][number];

/** The part of one source: what it emitted, how it stood to its limits, and how well it was measured. */
export const sourceSection = (report: QuarterlyReport, source: Source): Markup => {
  const { utcOffsetMinutes } = report.period;
  return html`<section class="source" aria-labelledby="source-${source.source}"><h2 id="source-${source.source}">Source ${source.source}</h2>
<p class="soft">Fuel ${source.fuels.join(', ')}. ${counted(source.operatingHours, 'operating hour')}, ${number(source.operatingTime)} h of operating time. ${coverageLine(source, utcOffsetMinutes)}</p>
${charts(report, source)}
${limits(source, utcOffsetMinutes)}
${exceedances(source, utcOffsetMinutes)}
${missing(source, utcOffsetMinutes)}
${quality(source, utcOffsetMinutes)}
${daily(source)}
</section>
`;
};

const coverageLine = ({ coverage }: Source, offset: number): string => {
  const { complete, hoursStored, hoursExpected, first, last } = coverage;
  if (complete) return `Every one of its ${number(hoursExpected)} hours is stored.`;
  if (first === null || last === null) return 'No hour is stored.';
  return `${number(hoursStored)} of ${number(hoursExpected)} expected hours are stored, the first of ${onClock(first, offset)}, the last of ${onClock(last, offset)}.`;
};

const charts = (report: QuarterlyReport, source: Source): Markup => {
  const { days, limits: ofSource } = source;
  const nox = summaryValueOf(report.summaryValueData, source.source, 'NOXM');
  const heat = summaryValueOf(report.summaryValueData, source.source, 'HIT');
  const has = (name: string) => source.availability.some(({ parameter }) => parameter === name);
  const span = `${days.length} days, ${counted(source.operatingHours, 'operating hour')}`;
  const missing = (lacking: number) => (lacking === 0 ? '' : `; ${counted(lacking, 'hour')} without a value`);
  const rates = ofSource.map((limit, index) =>
    rateChart({
      title: `${parameterName(limit.parameter)} against limit ${limit.rule}`,
      unit: limit.unit,
      says: limit.highest
        ? `highest average ${limit.highest.average}, limit ${limit.highest.limit}, ${number(limit.windowsOver)} of ${counted(limit.windows, 'window')} over it`
        : 'no window with data',
      days,
      limit: index,
      withHourly: limit.parameter === 'noxRate',
    }),
  );
  const hasRates = has('noxRate') && !ofSource.some(({ parameter }) => parameter === 'noxRate');
  return html`<div class="charts">${
    has('noxMassRate') && nox
      ? columnChart({
          title: 'NOx mass a day',
          unit: 'lb',
          says: `${span}, highest day ${highestDay(days.map((day) => [day.date, day.noxMass]))} lb${missing(nox.hoursWithoutValue)}`,
          days,
          value: ({ noxMass }) => noxMass,
          kind: 'nox',
          lacking: ({ noxHoursWithoutValue }) => noxHoursWithoutValue > 0,
        })
      : ''
  }${
    has('heatInputRate') && heat
      ? columnChart({
          title: 'Heat input a day',
          unit: 'mmBtu',
          says: `${span}, highest day ${highestDay(days.map((day) => [day.date, day.heatInput]))} mmBtu${missing(heat.hoursWithoutValue)}`,
          days,
          value: ({ heatInput }) => heatInput,
          kind: 'heat',
          lacking: ({ operatingHours, heatInput }) => operatingHours > 0 && heatInput === null,
        })
      : ''
  }${rates}${
    hasRates
      ? rateChart({
          title: 'NOx rate',
          unit: 'lb/mmBtu',
          says: 'the monitoring plan has no limit on it',
          days,
          limit: undefined,
          withHourly: true,
        })
      : ''
  }${hourStrip(days, { title: 'Hours of the quarter', unit: 'a column a day, midnight at the top', says: span })}</div>`;
};

const highestDay = (days: readonly (readonly [date: string, value: string | null])[]): string => {
  let highest: readonly [string, string] | undefined;
  for (const [date, value] of days)
    if (value !== null && (!highest || Number(value) > Number(highest[1]))) highest = [date, value];
  return highest ? `${highest[0]} with ${number(highest[1])}` : 'none with';
};

const shortAverage = (average: string): string => number(Number(average).toPrecision(4));

const limits = ({ limits: all, operatingHours }: Source, offset: number): Markup =>
  all.length === 0
    ? html`<h3>Limits</h3><p class="none-line">The monitoring plan had no limit with a full averaging window in this quarter.</p>`
    : html`<h3>Limits</h3>${table(
        `Rolling averages against the limits; percent of ${counted(operatingHours, 'operating hour')}`,
        [
          { name: 'Limit' },
          { name: 'Window' },
          { name: 'Windows' },
          { name: 'Over the limit' },
          { name: 'Percent' },
          { name: 'Without data' },
          { name: 'Highest average', text: true },
          { name: 'Citation', text: true },
        ],
        all.map((limit) => [
          limit.rule,
          `${limit.operatingHours} h`,
          number(limit.windows),
          limit.windowsOver > 0 ? html`<b>${number(limit.windowsOver)}</b>` : '0',
          percent(limit.percentOver),
          number(limit.windowsWithoutData),
          limit.highest
            ? html`${shortAverage(limit.highest.average)} of ${limit.highest.limit} ${limit.unit}<small>window ended in the hour of ${onClock(limit.highest.windowEnd, offset)}</small>`
            : 'none',
          limit.citation,
        ]),
      )}`;

const exceedances = ({ exceedances: all, limits: ofLimits }: Source, offset: number): Markup => {
  const standing = all.filter(({ state }) => state !== 'retracted');
  const merged = all.filter(({ mergedInto }) => mergedInto !== null).length;
  const retracted = all.length - standing.length - merged;
  const gone = [
    ...(retracted === 0 ? [] : [`${counted(retracted, 'earlier finding')} taken back by later data`]),
    ...(merged === 0 ? [] : [`${counted(merged, 'earlier finding')} merged into another`]),
  ];
  const note = gone.length === 0 ? '' : html`<p class="soft small">${gone.join(', ')}; in the JSON document.</p>`;
  const unrecorded = notOnRecord(ofLimits).map((line) => html`<p class="box warn">${line}</p>`);
  if (standing.length === 0)
    return html`<h3>Exceedances</h3>${unrecorded.length > 0 ? unrecorded : html`<p class="none-line">No excess emissions were found in this quarter.</p>`}${note}`;
  return html`<h3>Exceedances</h3>${unrecorded}${table(
    'Times in which averages were over a limit on end',
    [
      { name: 'Nr.' },
      { name: 'Limit', text: true },
      { name: 'Hours in which windows ended', text: true },
      { name: 'Windows' },
      { name: 'Worst average' },
      { name: 'Cause and action', text: true },
    ],
    standing.map((run) => [
      String(run.id),
      run.rule,
      html`${span(run, offset)}${run.state === 'lasting' ? html`<small>it was not over when this was made</small>` : ''}`,
      number(run.windows),
      html`${shortAverage(run.worstAverage)}<small>of ${run.limit} ${run.unit}</small>`,
      cause(run),
    ]),
  )}${note}`;
};

/** A line a limit with windows over it that no exceedance covers: what the averages show is never passed over. */
export const notOnRecord = (limits: Source['limits']): string[] =>
  limits
    .filter(({ windowsOverNotOnRecord }) => windowsOverNotOnRecord > 0)
    .map(({ rule, windowsOverNotOnRecord: windows }) => {
      const areNot = windows === 1 ? 'is not on record as an exceedance' : 'are not on record as exceedances';
      return `${rule}: ${counted(windows, 'window')} over the limit ${areNot}.`;
    });

const span = ({ firstWindowEnd, lastWindowEnd }: Exceedance, offset: number): string => {
  const first = onClock(firstWindowEnd, offset);
  return firstWindowEnd === lastWindowEnd ? first : `${first} to ${onClock(lastWindowEnd, offset)}`;
};

const cause = ({ reason, action, note, acknowledgedBy }: Exceedance): Markup => {
  if (reason === null)
    return html`<span class="badge warn">no cause given</span>${acknowledgedBy === null ? '' : html`<small>seen by ${acknowledgedBy}</small>`}`;
  return html`${REASON_CODES[reason]}<small>${action === null ? 'no action given' : ACTION_CODES[action]}</small>${note === null || note === '' ? '' : html`<small>${note}</small>`}${acknowledgedBy === null ? '' : html`<small>${acknowledgedBy}</small>`}`;
};

const missing = ({ missingData }: Source, offset: number): Markup => {
  const lacking = missingData.filter(({ hours }) => hours > 0);
  if (lacking.length === 0)
    return html`<h3>Missing data</h3><p class="none-line">Every operating hour has every value: no substitute data are due.</p>`;
  // A missing rate leaves what follows from it missing in the same hours: these stand together.
  const together = Map.groupBy(lacking, ({ periods }) => JSON.stringify(periods));
  return html`<h3>Missing data</h3>${[...together.values()].map(
    (group) =>
      html`<p><b>${group.map(({ parameter }) => parameterName(parameter)).join(', ')}</b>: ${counted(group[0]!.hours, 'operating hour')} without a value (${percent(group[0]!.percentOfOperatingHours)} of them); substitute data are due:</p>${periodList(group[0]!.periods, offset)}`,
  )}`;
};

const LETTERS: Readonly<Record<string, string>> = { ...STATUS, ...FINDING };

const quality = (
  { availability, downtime, continuity, coverage }: Source,
  offset: number,
): Markup => html`<h3>Monitors</h3>${table(
  'Operating hours without a valid average, by channel (40 CFR 60.7(d))',
  [
    { name: 'Channel' },
    { name: 'Downtime, h' },
    { name: 'Percent' },
    { name: 'Minutes left out', text: true },
    { name: 'When', text: true },
  ],
  downtime.map(({ channel, parameter, hours, percentOfOperatingHours, periods, minutesLeftOut }) => [
    html`${channel} <small class="soft">${parameter}</small>`,
    number(hours),
    percent(percentOfOperatingHours),
    Object.keys(minutesLeftOut).length === 0
      ? ''
      : Object.entries(minutesLeftOut)
          .map(([letter, minutes]) => `${LETTERS[letter] ?? letter}: ${number(minutes)}`)
          .join('; '),
    hours === 0 ? '' : periodList(periods, offset),
  ]),
)}${table(
  'Share of the operating hours of this quarter with a valid value (not the 8,760-hour availability of 40 CFR 75.32)',
  [{ name: 'Value' }, { name: 'Valid hours' }, { name: 'Operating hours' }, { name: 'Percent' }],
  availability.map(({ parameter, validHours, operatingHours, percent: share }) => [
    parameterName(parameter),
    number(validHours),
    number(operatingHours),
    percent(share),
  ]),
)}
<h3>Continuity</h3><p>${number(continuity.storedMinutes)} minutes stored of ${number(continuity.expectedMinutes)} expected, ${number(continuity.missingMinutes)} missing${continuity.declaredOutageMinutes > 0 ? `, ${number(continuity.declaredOutageMinutes)} of declared outages` : ''}. ${
  continuity.checkedUntil === null
    ? 'The continuity check has not looked at this facility yet.'
    : `The continuity check has looked at everything until ${onClock(continuity.checkedUntil, offset)}.`
}</p>${coverage.missing.length === 0 ? '' : html`<p>Hours that are not stored:</p>${periodList(coverage.missing, offset)}`}${
  continuity.gaps.length === 0
    ? ''
    : html`<ul class="small">${continuity.gaps.slice(0, 40).map(({ from, until, text }) => html`<li>${onClock(from, offset)} to ${onClock(until, offset)}: ${text}</li>`)}${continuity.gaps.length > 40 ? html`<li>and ${number(continuity.gaps.length - 40)} more, in the JSON document</li>` : ''}</ul>`
}`;

/** What the charts show, as numbers. */
const daily = ({ days, limits: ofSource }: Source): Markup =>
  html`<details><summary>Daily values as a table</summary>${table(
    'Daily values; sums over the hours that have a value',
    [
      { name: 'Day' },
      { name: 'Operating hours' },
      { name: 'Heat input, mmBtu' },
      { name: 'NOx mass, lb' },
      { name: 'NOx rate, lb/mmBtu' },
      { name: 'Hours without NOx' },
      ...ofSource.map(({ rule }) => ({ name: `Highest average, ${rule}` })),
    ],
    days.map((day) => [
      day.date,
      number(day.operatingHours),
      day.heatInput === null ? '' : number(day.heatInput),
      day.noxMass === null ? '' : number(day.noxMass),
      day.noxRate === null ? '' : `${day.noxRate.low} to ${day.noxRate.high}`,
      day.noxHoursWithoutValue === 0 ? '' : number(day.noxHoursWithoutValue),
      ...day.averages.map((one) => (one === null ? '' : shortAverage(one.highest))),
    ]),
  )}</details>`;

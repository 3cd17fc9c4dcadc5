import type { SourceSummary } from '#core/contracts/api/facilities';
import type { Parameter } from '#core/contracts/emission-hour';
import { type Child, h } from '../dom.ts';
import { counted, figure, storedFigure } from '../format/figure.ts';
import { type LimitLevel, limitLevel } from '../format/headroom.ts';
import { plantMinute } from '../format/plant-time.ts';
import { OPERATING_TIME_PLACES, reportingPlaces } from '../format/reporting-places.ts';
import { LIMIT_SIGNS, type Sign } from '../format/state.ts';
import { fuelWords, PARAMETER_WORDS } from '../format/words.ts';
import { plantOf } from '../plants.ts';
import { linkTo } from '../router.ts';
import { limitPanel } from './limit-bar.ts';
import { badge } from './signs.ts';
import { age, endOf, hourOf, timeOf } from './times.ts';

/** What a source emits, first what people look for; the rates behind them stand on the page of the source. */
const SHOWN: readonly Parameter[] = ['noxRate', 'noxMass', 'so2Mass', 'co2Mass', 'heatInput'];

const WORST_FIRST: readonly LimitLevel[] = ['over', 'near', 'no-data', 'within'];
const NO_LIMIT: Sign = { tone: 'idle', symbol: '○', word: 'No limit yet' };

const signOf = ({ compliance }: SourceSummary): Sign => {
  const levels = compliance.map(limitLevel);
  const worst = WORST_FIRST.find((level) => levels.includes(level));
  return worst === undefined ? NO_LIMIT : LIMIT_SIGNS[worst];
};

type Hour = NonNullable<SourceSummary['latestHour']>;

const valueCell = (parameter: Parameter, hour: Hour, main: boolean): HTMLElement | null => {
  const stored = hour.values[parameter];
  if (!stored) return null;
  return h(
    'div',
    { class: `value ${main ? 'main' : ''}`, 'data-key': parameter },
    h('dt', null, PARAMETER_WORDS[parameter]),
    stored.value === null
      ? h('dd', { class: 'missing' }, 'substitute due')
      : h(
          'dd',
          null,
          storedFigure(stored.value, reportingPlaces(parameter, stored.equation)),
          ' ',
          h('small', null, stored.unit),
        ),
  );
};

const hourValues = (hour: Hour, facility: string): Child => {
  const shown = SHOWN.filter((parameter) => hour.values[parameter] !== undefined);
  if (Number(hour.operatingTime) === 0)
    return h('p', { class: 'quiet hour-of' }, 'Not operating in the hour ', hourOf(hour.hour, facility), '.');
  return [
    h(
      'dl',
      { class: 'values' },
      shown.map((parameter, index) => valueCell(parameter, hour, index === 0)),
    ),
    h(
      'p',
      { class: 'quiet small' },
      'Hour ',
      hourOf(hour.hour, facility),
      `, ${storedFigure(hour.operatingTime, OPERATING_TIME_PLACES)} h of operation`,
    ),
  ];
};

const minuteWords = ({ latestMinute }: SourceSummary, facility: string): Child => {
  if (latestMinute === null) return 'No minute is stored yet.';
  const { minute, firedSeconds, grossLoad } = latestMinute;
  const said = [
    firedSeconds === 0 ? 'not fired' : firedSeconds === 60 ? 'fired' : `fired ${firedSeconds} s`,
    grossLoad === null ? undefined : `load ${figure(grossLoad)} MW`,
  ];
  return [
    `Minute ${plantMinute(minute, plantOf(facility).utcOffsetMinutes)}, `,
    age(endOf(minute)),
    ...said.filter((part) => part !== undefined).map((part) => ` · ${part}`),
  ];
};

/** A source: what it emits, how near each limit is, since when its data are complete. */
export const sourceCard = (facility: string, summary: SourceSummary): HTMLElement => {
  const { source, fuel, latestHour, compliance, openAlarms, completeSince } = summary;
  const sign = signOf(summary);
  return h(
    'article',
    { class: `panel edge ${sign.tone}`, 'data-key': source },
    h(
      'div',
      { class: 'head' },
      h(
        'h3',
        null,
        h('a', { href: linkTo(['facilities', facility, 'sources', source]) }, source),
        h('span', { class: 'quiet small' }, ` ${fuelWords(fuel)}`),
      ),
      badge(sign),
    ),
    latestHour === null ? h('p', { class: 'quiet' }, 'No hour is stored yet.') : hourValues(latestHour, facility),
    h('div', { class: 'limits' }, compliance.map(limitPanel)),
    h('p', { class: 'small quiet live' }, minuteWords(summary, facility)),
    h(
      'p',
      { class: 'small' },
      openAlarms === 0
        ? 'No open alarm'
        : h('a', { href: linkTo(['alarms'], { facility }) }, counted(openAlarms, 'open alarm')),
      ' · ',
      completeSince === null ? 'completeness not checked yet' : ['complete since ', timeOf(completeSince, facility)],
    ),
  );
};

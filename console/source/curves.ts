import type { Series } from '#core/contracts/api/measurements';
import type { Parameter } from '#core/contracts/emission-hour';
import { textOfHour } from '#core/time';
import { poll } from '../api.ts';
import { hourChart } from '../chart/hour-chart.ts';
import { hourReadout } from '../chart/hour-readout.ts';
import { hourTable } from '../chart/hour-table.ts';
import { hourWords } from '../chart/hour-words.ts';
import { drawnLimits, type HourlyCurve, hourlyCurve } from '../chart/hourly-curve.ts';
import { legendOf } from '../chart/legend.ts';
import { h, refresh } from '../dom.ts';
import { counted, storedFigure } from '../format/figure.ts';
import { plantTime } from '../format/plant-time.ts';
import { PARAMETER_WORDS } from '../format/words.ts';
import { notice } from '../parts/notice.ts';
import { plantOf } from '../plants.ts';
import { linkTo } from '../router.ts';
import { type CurveView, hoursOf, RANGES, type RangeName, shifted } from './curve-view.ts';

export interface SourcePath {
  readonly facility: string;
  readonly source: string;
}

export interface Curves {
  readonly element: HTMLElement;
  /** The newest stored hour is another than before. */
  newestIs(hour: string): void;
  /** What is shown now, for the export; undefined before the first hour. */
  range(): { from: string; until: string } | undefined;
}

const POLL_SECONDS = 60;
const RANGE_WORDS: Readonly<Record<RangeName, string>> = { '24h': '24 hours', '30d': '30 days' };

/** What is not in the picture, in words: limits in other units, windows that are not full yet. */
const remarks = (curve: HourlyCurve): HTMLElement[] => {
  const drawn = drawnLimits(curve);
  const other = curve.limits
    .filter((limit) => !drawn.includes(limit))
    .map(({ rule, unit }) => `The limit ${rule} is in ${unit} and cannot be drawn beside ${curve.unit}.`);
  const waiting = drawn
    .filter(({ averages }) => averages.every((average) => average === null))
    .map(
      ({ rule, operatingHours }) =>
        `No full window of ${counted(operatingHours, 'operating hour')} (${rule}) ends in this range.`,
    );
  return [...other, ...waiting].map((text) => h('p', { class: 'quiet small' }, text));
};

/** The hourly curves of a source: choice of the value and the range, chart or table, read-out and legend. */
export const curvesPanel = (
  path: SourcePath,
  start: CurveView,
  changed: (view: CurveView) => void,
  signal: AbortSignal,
): Curves => {
  const { utcOffsetMinutes } = plantOf(path.facility);
  let view = start;
  let newest: string | undefined;
  let parameters: readonly Parameter[] = [];
  let curve: HourlyCurve | undefined;
  let asked = new AbortController();

  const hrefOf = (hour: string): string => linkTo(['facilities', path.facility, 'sources', path.source, 'hours', hour]);
  const controls = h('div', { class: 'curve-controls' });
  const span = h('p', { class: 'quiet small curve-span' });
  const message = h('div');
  const table = h('div');
  const notes = h('div');
  const readout = hourReadout();
  const legend = h('div');
  const chart = hourChart({
    utcOffsetMinutes,
    onMove(at, by) {
      if (!curve) return;
      readout.show(hourWords(curve, at, utcOffsetMinutes), hrefOf(textOfHour(curve.hours[at] ?? 0)), by === 'keys');
    },
    onOpen(at) {
      if (curve?.states[at] !== 'not-stored') location.hash = hrefOf(textOfHour(curve?.hours[at] ?? 0));
    },
    signal,
  });
  const picture = h('div', { class: 'curve-picture', hidden: true }, readout.element, chart.element, legend);

  const change = (next: CurveView): void => {
    view = next;
    changed(view);
    showControls();
    ask();
  };
  const pressed = (text: string, on: boolean, press: () => void): HTMLElement =>
    h('button', { type: 'button', 'aria-pressed': String(on), onclick: press }, text);
  const showControls = (): void => {
    const chosen = view.parameter ?? curve?.parameter;
    const choose = (event: Event) =>
      change({ ...view, parameter: (event.target as HTMLSelectElement).value as Parameter });
    const shift = (ranges: 1 | -1) => newest !== undefined && change(shifted(view, ranges, newest));
    refresh(
      controls,
      h(
        'label',
        { class: 'curve-choice' },
        h('span', { class: 'out-of-sight' }, 'Hourly value'),
        h(
          'select',
          { onchange: choose },
          parameters.map((each) => h('option', { value: each, selected: each === chosen }, PARAMETER_WORDS[each])),
        ),
      ),
      h(
        'div',
        { class: 'buttons', role: 'group', 'aria-label': 'Range' },
        (Object.keys(RANGES) as RangeName[]).map((range) =>
          pressed(RANGE_WORDS[range], view.range === range, () => change({ ...view, range })),
        ),
      ),
      h(
        'div',
        { class: 'buttons', role: 'group', 'aria-label': 'Move the range' },
        h('button', { type: 'button', onclick: () => shift(-1) }, '← Earlier'),
        h('button', { type: 'button', disabled: view.until === undefined, onclick: () => shift(1) }, 'Later →'),
        view.until !== undefined &&
          h('button', { type: 'button', onclick: () => change({ ...view, until: undefined }) }, 'Newest'),
      ),
      h(
        'div',
        { class: 'buttons' },
        pressed('As table', view.table, () => change({ ...view, table: !view.table })),
      ),
    );
    // What was chosen is a property of the list, which `refresh` does not know of.
    const list = controls.querySelector('select');
    if (list && chosen !== undefined) list.value = chosen;
  };

  const rangeText = (from: string, until: string): string =>
    `${plantTime(from, utcOffsetMinutes)} to ${plantTime(until, utcOffsetMinutes)}`;
  /** The chart begins with the first stored hour of the range and ends with the last: what it leaves out is said. */
  const storedOf = ({ hours }: HourlyCurve, from: string, until: string): string => {
    const [first, last] = [hours[0], hours.at(-1)];
    if (first === undefined || last === undefined) return '';
    const [begin, end] = [textOfHour(first), textOfHour(last + 1)];
    return begin === from && end === until ? '' : `; stored of it and shown: ${rangeText(begin, end)}`;
  };

  const show = (series: Series): void => {
    parameters = series.parameters;
    curve = hourlyCurve(series);
    showControls();
    const { from, until } = hoursOf(view, newest ?? textOfHour(0));
    const empty = curve.hours.length === 0;
    span.textContent = `${rangeText(from, until)}, plant time${storedOf(curve, from, until)}`;
    refresh(message, empty && h('p', { class: 'empty' }, 'No hour of this range is stored.'));
    picture.hidden = empty || view.table;
    const label = `${PARAMETER_WORDS[curve.parameter]}, ${curve.unit}, ${RANGE_WORDS[view.range]}`;
    refresh(table, view.table && !empty && hourTable(curve, utcOffsetMinutes, label, hrefOf));
    refresh(notes, empty ? [] : remarks(curve));
    if (picture.hidden) return;
    legend.replaceChildren(legendOf(curve));
    chart.show(
      curve,
      `${label}. ${limitsIn(curve)}Arrow keys move over the hours, page up and page down over days, Enter opens an hour.`,
    );
  };
  const ask = (): void => {
    asked.abort();
    asked = new AbortController();
    if (newest === undefined) return;
    const query = { ...hoursOf(view, newest), parameter: view.parameter };
    poll(
      'series',
      { params: path, query },
      {
        seconds: POLL_SECONDS,
        signal: AbortSignal.any([signal, asked.signal]),
        show,
        failed: (problem) => refresh(message, notice('bad', problem.message)),
      },
    );
  };

  showControls();
  refresh(
    message,
    h('p', { class: 'empty' }, 'No hour is stored yet: the first stands here a quarter of an hour after its end.'),
  );
  return {
    element: h(
      'section',
      { class: 'panel', 'aria-label': 'Curves' },
      h('h2', null, 'Hour by hour'),
      controls,
      span,
      message,
      picture,
      table,
      notes,
    ),
    newestIs(hour) {
      if (hour === newest) return;
      const follows = newest === undefined || view.until === undefined;
      newest = hour;
      if (follows) ask();
    },
    range: () => (newest === undefined ? undefined : hoursOf(view, newest)),
  };
};

const limitsIn = (curve: HourlyCurve): string => {
  const said = drawnLimits(curve).flatMap(({ rule, limits }) => {
    const limit = limits.at(-1) ?? null;
    return limit === null ? [] : [`limit ${rule} ${storedFigure(String(limit))}`];
  });
  return said.length > 0 ? `${said.join(', ')}. ` : '';
};

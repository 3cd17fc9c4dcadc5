import type { ExplainedHour } from '#core/contracts/api/measurements';
import { hourOfText, textOfHour } from '#core/time';
import { ApiProblem, api } from '../api.ts';
import { h } from '../dom.ts';
import { storedFigure } from '../format/figure.ts';
import { offsetText, plantHour } from '../format/plant-time.ts';
import { OPERATING_TIME_PLACES, reportingPlaces } from '../format/reporting-places.ts';
import { PARAMETER_WORDS } from '../format/words.ts';
import { channelsSection } from '../hour/channels-section.ts';
import { derivationText } from '../hour/derivation-text.ts';
import { minutesSection } from '../hour/minutes-section.ts';
import { modcWords } from '../hour/modc-words.ts';
import { sectionLink, valueSection } from '../hour/value-section.ts';
import type { Page } from '../page.ts';
import { notice, wordsOf } from '../parts/notice.ts';
import { type Plant, plantOf } from '../plants.ts';
import { linkTo } from '../router.ts';

interface HourPath {
  readonly facility: string;
  readonly source: string;
  readonly hour: string;
}

const neighbour = (path: HourPath, hours: 1 | -1, text: string): HTMLElement => {
  const hour = textOfHour(hourOfText(path.hour) + hours);
  return h(
    'a',
    { class: 'button', href: linkTo(['facilities', path.facility, 'sources', path.source, 'hours', hour]) },
    text,
  );
};

const headOf = (path: HourPath, plant: Plant, buttons: HTMLElement): HTMLElement =>
  h(
    'div',
    { class: 'page-head' },
    h(
      'div',
      null,
      h(
        'p',
        { class: 'crumbs' },
        h('a', { href: '#/' }, 'Fleet'),
        ' › ',
        h('a', { href: linkTo(['facilities', path.facility]) }, plant.name),
        ' › ',
        h('a', { href: linkTo(['facilities', path.facility, 'sources', path.source]) }, `Source ${path.source}`),
      ),
      h('h1', null, plantHour(path.hour, plant.utcOffsetMinutes)),
      h(
        'p',
        { class: 'what' },
        `plant time, ${offsetText(plant.utcOffsetMinutes)} without daylight saving; from ${path.hour.slice(0, 10)} ${path.hour.slice(11, 16)} UTC`,
      ),
    ),
    buttons,
  );

const copyButton = (text: () => string): HTMLElement => {
  const said = h('span', { role: 'status', class: 'small' });
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      said.textContent = 'Copied';
    } catch (error) {
      said.textContent = `Not copied: ${wordsOf(error)}`;
    }
  };
  return h(
    'span',
    { class: 'buttons' },
    h('button', { type: 'button', onclick: () => void copy() }, 'Copy as text'),
    said,
  );
};

const factsOf = ({ hour }: ExplainedHour): HTMLElement => {
  const tile = (term: string, text: string) =>
    h('div', { class: 'tile' }, h('dt', null, term), h('dd', { class: 'words' }, text));
  return h(
    'dl',
    { class: 'tiles' },
    tile('Operating time', `${storedFigure(hour.operatingTime, OPERATING_TIME_PLACES)} h`),
    tile('Gross load', hour.grossLoad === null ? 'not known' : `${storedFigure(String(hour.grossLoad))} MW`),
    tile('Minutes stored', `${hour.minutes} of 60`),
    tile('Day and clock hour', `${hour.date}, ${String(hour.clockHour).padStart(2, '0')}`),
  );
};

/** What the hour lacks, in words; undefined: nothing. */
const lacking = ({ values }: ExplainedHour): string | undefined => {
  const missing = values.filter(({ value }) => value === null).map(({ parameter }) => PARAMETER_WORDS[parameter]);
  return missing.length === 0 ? undefined : `Missing data: a substitute is due for ${missing.join(', ')}.`;
};

/** All figures of the hour at a glance; each leads to how it was made. */
const overview = ({ values, reproduced }: ExplainedHour): HTMLElement =>
  h(
    'section',
    { class: 'panel', 'aria-label': 'Values' },
    h('h2', null, 'Values of the hour'),
    values.length === 0
      ? h('p', null, 'The unit was not operating in this hour: there is nothing to work out.')
      : [
          h(
            'table',
            { class: 'cards' },
            h('caption', { class: 'out-of-sight' }, 'Values of the hour'),
            h(
              'thead',
              null,
              h(
                'tr',
                null,
                ...['Value', 'Figure', 'Equation', 'Method of determination'].map((text) =>
                  h('th', { scope: 'col' }, text),
                ),
              ),
            ),
            h(
              'tbody',
              null,
              values.map(({ parameter, value, unit, equation, modc }) =>
                h(
                  'tr',
                  null,
                  h('th', { scope: 'row' }, sectionLink('value', parameter, PARAMETER_WORDS[parameter])),
                  h(
                    'td',
                    { 'data-label': 'Figure' },
                    h(
                      'span',
                      null,
                      h(
                        'strong',
                        null,
                        value === null ? 'no value' : storedFigure(value, reportingPlaces(parameter, equation)),
                      ),
                      h('small', null, value === null ? '' : ` ${unit}`),
                    ),
                  ),
                  h('td', { 'data-label': 'Equation' }, h('span', null, equation)),
                  h('td', { 'data-label': 'Method' }, h('span', null, modcWords(modc, value))),
                ),
              ),
            ),
          ),
          reproduced
            ? h(
                'p',
                { class: 'reproduced good' },
                '● The stored means and the monitoring plan, worked out anew just now, give every stored value again.',
              )
            : h(
                'p',
                { class: 'reproduced warn' },
                '◆ The stored means and the monitoring plans on record do not give every stored value again.',
              ),
        ],
  );

/** The number page: how each value of a stored hour was made, down to its minutes. */
export const hourPage: Page = {
  title: ({ source, hour = '', facility = '' }) =>
    `Source ${source}, ${plantHour(hour, plantOf(facility).utcOffsetMinutes)}`,
  async show(container, params, signal) {
    const { facility = '', source = '', hour = '' } = params;
    const path = { facility, source, hour };
    const plant = plantOf(facility);
    let explained: ExplainedHour | undefined;
    const buttons = h(
      'div',
      { class: 'buttons' },
      neighbour(path, -1, '← Hour before'),
      neighbour(path, 1, 'Hour after →'),
      copyButton(() => (explained ? derivationText(explained, plant) : '')),
    );
    container.append(headOf(path, plant, buttons));
    try {
      explained = await api('hour', { params: path });
    } catch (error) {
      const notStored = error instanceof ApiProblem && error.status === 404;
      container.append(
        notice('bad', notStored ? `Nothing is stored of it: source ${source} has no such hour.` : wordsOf(error)),
      );
      return;
    }
    if (signal.aborted) return;
    const lack = lacking(explained);
    if (lack !== undefined) container.append(notice('warn', lack));
    const { values, minutes } = explained;
    container.append(
      h(
        'div',
        { class: 'stack' },
        factsOf(explained),
        overview(explained),
        values.map((value) => valueSection(value, explained?.hour.channels ?? {})),
        channelsSection(explained),
        minutesSection(minutes, plant.utcOffsetMinutes, signal),
      ),
    );
  },
};

import type { ReportEntry } from '#core/contracts/report';
import { api, poll } from '../api.ts';
import { type Child, h, kept, refresh } from '../dom.ts';
import { newestQuarter } from '../format/newest-quarter.ts';
import { REPORT_SIGNS } from '../format/state.ts';
import type { Page } from '../page.ts';
import { whyField } from '../parts/acknowledge.ts';
import { facilityFilter } from '../parts/facility-filter.ts';
import { changeForm, choice, field } from '../parts/form.ts';
import { heading } from '../parts/heading.ts';
import { longList } from '../parts/more.ts';
import { wordsOf } from '../parts/notice.ts';
import { badge } from '../parts/signs.ts';
import { table } from '../parts/table.ts';
import { timeOf } from '../parts/times.ts';
import { allPlants, plantOf } from '../plants.ts';
import { may } from '../session/me.ts';

const SECONDS = 5;
const QUARTERS = {
  1: '1: January to March',
  2: '2: April to June',
  3: '3: July to September',
  4: '4: October to December',
};

export const reportsPage: Page = {
  title: () => 'Reports',
  show(container, { facility }, signal) {
    const filter = facilityFilter('reports', facility);
    let started: string | undefined;
    const form = may('engineer')
      ? startForm((report) => {
          started = keyOf(report);
          again();
        })
      : null;
    const told = (reports: readonly ReportEntry[]) => {
      const ended = reports.find((each) => keyOf(each) === started && each.state !== 'running');
      if (form && ended) clearDone(form);
    };
    const failure = h('p', { class: 'failure', role: 'alert' });
    const show = longList<ReportEntry>(
      async (cursor) => {
        const { reports, next } = await api('reports', { query: { facility, cursor } });
        return { rows: reports, next };
      },
      keyOf,
      (rows, more) =>
        refresh(
          container,
          heading({ title: 'Reports', what: 'Quarterly reports, archived so that nobody can change them' }),
          filter && h('div', { class: 'filter' }, kept('facility-filter', filter)),
          h(
            'div',
            { class: 'stack' },
            h(
              'section',
              { class: 'panel' },
              kept('failure', failure),
              rows.length === 0
                ? h('p', { class: 'empty' }, 'No report has been made yet.')
                : reportTable(rows, failure),
              more,
            ),
            form && h('section', { class: 'panel' }, h('h2', null, 'Have a report made'), kept('start', form)),
          ),
        ),
    );
    const again = poll(
      'reports',
      { query: { facility } },
      {
        seconds: SECONDS,
        signal,
        show({ reports, next }) {
          show({ rows: reports, next });
          told(reports);
        },
      },
    );
  },
};

const keyOf = ({ facility, year, quarter, revision }: ReportEntry): string =>
  `${facility} ${year} ${quarter} ${revision}`;

/** Takes a note away that stands no longer. */
const clearDone = (form: HTMLElement): void => form.querySelector('.done')?.replaceChildren();

const startForm = (started: (report: ReportEntry) => void): HTMLElement => {
  const names = Object.fromEntries(allPlants().map(({ facility, name }) => [facility, name]));
  const facility = choice(names, allPlants()[0]?.facility ?? null, { required: true });
  const year = h('input', { type: 'number', min: 1990, max: 2099, required: true });
  const quarter = choice(QUARTERS, '1', { required: true });
  const suggest = () => {
    const newest = newestQuarter(plantOf(facility.value));
    if (newest === undefined) return;
    year.value = String(newest.year);
    quarter.value = String(newest.quarter);
  };
  facility.onchange = suggest;
  suggest();
  const why = whyField('A report that is made again gets the next revision; the earlier ones stay');
  return changeForm(
    {
      button: 'Start',
      done: 'Started; it stands in the list above.',
      submit: async () => {
        const report = await api('startReport', {
          body: {
            facility: facility.value,
            year: year.valueAsNumber,
            quarter: Number(quarter.value),
            why: why.value(),
          },
        });
        started(report);
      },
    },
    h('div', { class: 'in-row' }, field('Facility', facility), field('Year', year), field('Quarter', quarter)),
    why.element,
  );
};

const open = async (
  { facility, year, quarter, revision }: ReportEntry,
  format: 'html' | 'json',
  failure: HTMLElement,
) => {
  failure.textContent = '';
  try {
    const { url } = await api('downloadReport', { params: { facility, year, quarter, revision }, query: { format } });
    h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }).click();
  } catch (error) {
    failure.textContent = wordsOf(error);
  }
};

const files = (report: ReportEntry, failure: HTMLElement): Child =>
  report.state !== 'archived'
    ? (report.failure ?? '–')
    : h(
        'div',
        { class: 'buttons' },
        (['html', 'json'] as const).map((format) =>
          h(
            'button',
            {
              type: 'button',
              onclick: () => void open(report, format, failure),
              'aria-label': `${format === 'html' ? 'Open' : 'JSON of'} ${titleOf(report)}`,
            },
            format === 'html' ? 'Open' : 'JSON',
          ),
        ),
      );

const titleOf = ({ facility, year, quarter, revision }: ReportEntry): string =>
  `${plantOf(facility).name} ${year} Q${quarter} revision ${revision}`;

const reportTable = (reports: readonly ReportEntry[], failure: HTMLElement): HTMLElement =>
  table(
    'Quarterly reports',
    [
      {
        head: 'Report',
        subject: true,
        cell: ({ facility, year, quarter, revision }) => [
          `${year} Q${quarter}`,
          h('span', { class: 'quiet' }, ` revision ${revision}`),
          h('div', { class: 'quiet small' }, plantOf(facility).name),
        ],
      },
      { head: 'State', cell: ({ state }) => badge(REPORT_SIGNS[state]) },
      {
        head: 'Started, plant time',
        cell: ({ startedAt, startedBy, facility }) => [
          timeOf(startedAt, facility),
          h('div', { class: 'quiet small' }, startedBy),
        ],
      },
      {
        head: 'Archive',
        cell: ({ retainedUntil, sha256 }) => [
          retainedUntil === null ? '–' : h('span', { class: 'nowrap' }, `kept until ${retainedUntil.slice(0, 10)}`),
          sha256 === null ? null : h('div', { class: 'quiet mono', title: sha256 }, `SHA-256 ${sha256.slice(0, 12)}…`),
        ],
      },
      { head: 'Files', cell: (report) => files(report, failure) },
    ],
    reports,
    keyOf,
  );

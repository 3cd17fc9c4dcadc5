import { type Answer, api, poll } from '../api.ts';
import { h, refresh } from '../dom.ts';
import type { Page } from '../page.ts';
import { heading } from '../parts/heading.ts';
import { longList } from '../parts/more.ts';
import { table } from '../parts/table.ts';
import { utcTime } from '../parts/times.ts';

type Line = Answer<'audit'>['entries'][number];

const SECONDS = 15;

/** What people have changed. */
export const auditPage: Page = {
  title: () => 'Audit trail',
  show(container, _params, signal) {
    const show = longList<Line>(
      async (cursor) => {
        const { entries, next } = await api('audit', { query: { cursor } });
        return { rows: entries, next };
      },
      ({ entry }) => entry,
      (rows, more) =>
        refresh(
          container,
          heading({
            title: 'Audit trail',
            what: [
              'What people have changed. Each entry holds the hash of the one before: ',
              h('span', { class: 'mono' }, 'ew audit verify'),
            ],
          }),
          h(
            'div',
            { class: 'panel' },
            rows.length === 0 ? h('p', { class: 'empty' }, 'Nobody has changed anything yet.') : auditTable(rows),
            more,
          ),
        ),
    );
    poll('audit', {}, { seconds: SECONDS, signal, show: ({ entries, next }) => show({ rows: entries, next }) });
  },
};

const json = (value: unknown): string => JSON.stringify(value ?? null, null, 2);

const auditTable = (entries: readonly Line[]): HTMLElement =>
  table(
    'Audit trail',
    [
      {
        head: 'Change',
        subject: true,
        cell: ({ entry, action, subject }) => [
          action,
          h('div', { class: 'quiet small' }, `${subject} · entry ${entry}`),
        ],
      },
      { head: 'When', cell: ({ at }) => utcTime(at) },
      { head: 'Who', cell: ({ who }) => who },
      { head: 'Why', cell: ({ why }) => why ?? '–' },
      { head: 'Outcome', cell: ({ outcome }) => outcome },
      {
        head: 'Details',
        cell: ({ before, after, hash }) =>
          h(
            'details',
            null,
            h('summary', null, 'before and after'),
            h('pre', null, `before ${json(before)}\nafter  ${json(after)}\nhash   ${hash}`),
          ),
      },
    ],
    entries,
    ({ entry }) => entry,
  );

import type { Pipeline, Quarantined } from '#core/contracts/api/pipeline';
import { api, poll } from '../api.ts';
import { type Child, h, refresh } from '../dom.ts';
import { durationText } from '../format/duration.ts';
import { counted } from '../format/figure.ts';
import { QUARANTINE_SIGNS } from '../format/state.ts';
import type { Page } from '../page.ts';
import { type Continuity, continuityPanel } from '../parts/continuity.ts';
import { heading } from '../parts/heading.ts';
import { longList } from '../parts/more.ts';
import { badge } from '../parts/signs.ts';
import { systemAlarms } from '../parts/system-alarms.ts';
import { table } from '../parts/table.ts';
import { facts, tiles } from '../parts/tiles.ts';
import { age, utcTime } from '../parts/times.ts';

const SECONDS = 5;
const SLOW_SECONDS = 15;

/** Whether the system does its work. */
export const pipelinePage: Page = {
  title: () => 'Pipeline',
  show(container, _params, signal) {
    let state: Pipeline | undefined;
    let continuity: Child = null;
    let quarantine: Child = null;
    const draw = () =>
      state &&
      refresh(
        container,
        heading({ title: 'Pipeline', what: 'From the analysers to the record: what is late, missing or set aside' }),
        h(
          'div',
          { class: 'stack' },
          overview(state),
          h(
            'section',
            { class: 'panel', 'data-key': 'system' },
            h('h2', null, 'Alarms on the system'),
            systemAlarms(state),
          ),
          h('section', { class: 'panel', 'data-key': 'continuity' }, h('h2', null, 'Completeness'), continuity),
          h('section', { class: 'panel', 'data-key': 'quarantine' }, h('h2', null, 'Quarantine'), quarantine),
          h('section', { class: 'panel', 'data-key': 'notices' }, h('h2', null, 'Notices to people'), noticesOf(state)),
        ),
      );
    const showContinuity = longList<Continuity>(
      async (cursor) => {
        const { facilities, next } = await api('continuity', { query: { cursor } });
        return { rows: facilities, next };
      },
      ({ facility }) => facility,
      (rows, more) => {
        continuity = [continuityPanel(rows), more];
        draw();
      },
    );
    const showQuarantine = longList<Quarantined>(
      async (cursor) => {
        const { records, next } = await api('quarantine', { query: { state: 'open', cursor } });
        return { rows: records, next };
      },
      ({ id }) => id,
      (rows, more) => {
        quarantine = [quarantinePanel(rows), more];
        draw();
      },
    );
    poll(
      'pipeline',
      {},
      {
        seconds: SECONDS,
        signal,
        show(answer) {
          state = answer;
          draw();
        },
      },
    );
    poll(
      'continuity',
      {},
      { seconds: SLOW_SECONDS, signal, show: ({ facilities, next }) => showContinuity({ rows: facilities, next }) },
    );
    poll(
      'quarantine',
      { query: { state: 'open' } },
      { seconds: SLOW_SECONDS, signal, show: ({ records, next }) => showQuarantine({ rows: records, next }) },
    );
  },
};

const overview = ({
  hoursWaiting,
  oldestHeardMinutes,
  quarantineOpen,
  lastQuarantined,
  checkedUntil,
  openGaps,
}: Pipeline): HTMLElement =>
  tiles(
    {
      name: 'Longest silence',
      value: oldestHeardMinutes === null ? '–' : durationText(oldestHeardMinutes),
      more: 'of the facilities that are not stopped',
    },
    { name: 'Hours not closed yet', value: hoursWaiting, more: 'the running ones among them' },
    {
      name: 'In quarantine',
      value: quarantineOpen,
      more: lastQuarantined === null ? 'never any' : ['last ', age(lastQuarantined)],
      tone: quarantineOpen > 0 ? 'warn' : undefined,
    },
    checkedUntil === null
      ? { name: 'Open gaps', value: 'not checked yet', words: true }
      : { name: 'Open gaps', value: openGaps, tone: openGaps > 0 ? 'warn' : undefined },
    {
      name: 'Continuity checked to',
      value: checkedUntil === null ? 'not yet' : utcTime(checkedUntil),
      words: true,
    },
  );

const quarantinePanel = (records: readonly Quarantined[]): Child =>
  records.length === 0
    ? h('p', { class: 'empty' }, '● Nothing is in quarantine: every message was taken.')
    : [
        h(
          'p',
          { class: 'quiet' },
          'Messages that could not be taken, kept as they came: ',
          h('span', { class: 'mono' }, 'ew quarantine list'),
        ),
        table(
          'Quarantine',
          [
            {
              head: 'Reason',
              subject: true,
              cell: ({ reason, code }) => [reason, h('div', { class: 'quiet mono' }, code)],
            },
            { head: 'State', cell: ({ state }) => badge(QUARANTINE_SIGNS[state]) },
            { head: 'Facility', cell: ({ facility }) => facility ?? 'not known' },
            { head: 'Device', cell: ({ thing }) => thing ?? 'not known' },
            { head: 'Received', cell: ({ received, quarantinedAt }) => utcTime(received ?? quarantinedAt) },
          ],
          records,
          ({ id }) => id,
        ),
      ];

const noticesOf = ({ notices: { waiting, lastPublished, lastSelfTest } }: Pipeline): HTMLElement =>
  facts(
    ['Waiting to be sent', waiting === 0 ? 'none' : counted(waiting, 'notice')],
    ['Last sent', lastPublished === null ? 'never' : [utcTime(lastPublished), ', ', age(lastPublished)]],
    [
      'Last self-test of the channel',
      lastSelfTest === null ? 'not yet' : [utcTime(lastSelfTest), ', ', age(lastSelfTest)],
    ],
  );

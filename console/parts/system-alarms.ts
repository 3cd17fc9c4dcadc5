import type { Pipeline } from '#core/contracts/api/pipeline';
import { type Child, h } from '../dom.ts';
import { counted } from '../format/figure.ts';
import { SYSTEM_SIGNS } from '../format/state.ts';
import { badge } from './signs.ts';
import { table } from './table.ts';
import { age } from './times.ts';

type SystemAlarm = Pipeline['alarms'][number];

const ORDER: readonly SystemAlarm['state'][] = ['ALARM', 'INSUFFICIENT_DATA', 'OK'];

/** @example nameWords('EmissionWatch-IngestLag') // 'Ingest lag' */
const nameWords = (name: string): string =>
  name.replace(/^EmissionWatch-/, '').replace(/(?<=[a-z])[A-Z](?=[a-z])/g, (letter) => ` ${letter.toLowerCase()}`);

/** Alarms on the system itself: those that are on are shown, the others can be. */
export const systemAlarms = ({ alarmsKnown, alarms }: Pipeline): Child => {
  if (!alarmsKnown)
    return h(
      'p',
      { class: 'notice warn' },
      'The alarms cannot be read at the moment: whether the system is well is not known here.',
    );
  const inOrder = alarms.toSorted(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.name.localeCompare(b.name),
  );
  const on = inOrder.filter(({ state }) => state === 'ALARM');
  const rest = inOrder.filter(({ state }) => state !== 'ALARM');
  return [
    on.length === 0 ? h('p', null, badge(SYSTEM_SIGNS.OK), ' No alarm is on.') : alarmTable(on, true),
    rest.length === 0
      ? null
      : h(
          'details',
          { 'data-key': 'rest' },
          h('summary', null, `${counted(rest.length, 'alarm')} that ${rest.length === 1 ? 'is' : 'are'} not on`),
          alarmTable(rest, false),
        ),
  ];
};

/** @param reasons whether the reason for the state is shown: of an alarm that is not on it says nothing */
const alarmTable = (alarms: readonly SystemAlarm[], reasons: boolean): HTMLElement =>
  table(
    'Alarms on the system',
    [
      {
        head: 'Alarm',
        subject: true,
        cell: ({ name, description, composite }) => [
          nameWords(name),
          composite ? h('span', { class: 'quiet small' }, ' (of several)') : null,
          h('div', { class: 'quiet small' }, description.replace(/\s*Runbook: \S+$/, '')),
        ],
      },
      { head: 'State', cell: ({ state }) => badge(SYSTEM_SIGNS[state]) },
      { head: 'Since', cell: ({ since }) => (since === null ? '–' : age(since)) },
      ...(reasons
        ? [{ head: 'Reason', cell: ({ reason }: SystemAlarm) => h('span', { class: 'small' }, reason) }]
        : []),
      {
        head: 'What to do',
        cell: ({ runbook }) =>
          runbook === null
            ? '–'
            : h('span', { class: 'mono' }, `docs/runbooks/${runbook.replace(/^docs\/runbooks\//, '')}`),
      },
    ],
    alarms,
    ({ name }) => name,
  );

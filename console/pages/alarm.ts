import type { Alarm } from '#core/contracts/alarm';
import { api, poll } from '../api.ts';
import { type Child, h, kept, refresh } from '../dom.ts';
import { alarmSign } from '../format/state.ts';
import { ALARM_WORDS, capital } from '../format/words.ts';
import type { Page } from '../page.ts';
import { acknowledgeForm } from '../parts/acknowledge.ts';
import { heading } from '../parts/heading.ts';
import { placeOf } from '../parts/place.ts';
import { badge } from '../parts/signs.ts';
import { facts } from '../parts/tiles.ts';
import { age, timeOf } from '../parts/times.ts';
import { linkTo } from '../router.ts';

const SECONDS = 5;

/** One alarm, where a link in a message leads. */
export const alarmPage: Page = {
  title: ({ id }) => `Alarm ${id}`,
  show(container, { id }, signal) {
    const params = { id: Number(id) };
    const form = acknowledgeForm('alarm', async (why) =>
      draw(await api('acknowledgeAlarm', { params, body: { why } })),
    );
    const draw = (alarm: Alarm) =>
      refresh(
        container,
        heading(
          {
            title: capital(ALARM_WORDS[alarm.kind]),
            what: placeOf(alarm),
            crumbs: [{ words: 'Alarms', href: '#/alarms' }],
          },
          badge(alarmSign(alarm), 'large'),
        ),
        h(
          'div',
          { class: 'two' },
          h(
            'section',
            { class: `panel edge ${alarmSign(alarm).tone}` },
            h('p', { class: 'sentence' }, alarm.text),
            factsOf(alarm),
          ),
          h('section', { class: 'panel' }, h('h2', null, 'Acknowledgement'), acknowledgement(alarm, form)),
        ),
      );
    poll('alarm', { params }, { seconds: SECONDS, signal, show: draw });
  },
};

const acknowledgement = ({ acknowledgedAt, acknowledgedBy, facility }: Alarm, form: HTMLElement): Child =>
  acknowledgedAt === null
    ? kept('acknowledge', form)
    : h('p', { 'data-key': 'seen' }, h('strong', null, acknowledgedBy), ', ', timeOf(acknowledgedAt, facility));

const factsOf = (alarm: Alarm): HTMLElement => {
  const { facility, subject, minute, raisedAt, clearedAt, escalatedAt, kind } = alarm;
  return facts(
    ['Minute of the plant', timeOf(minute, facility)],
    ['Raised', [timeOf(raisedAt, facility), ', ', age(raisedAt)]],
    subject === '' ? null : ['Of', subject],
    ['Cleared', clearedAt === null ? 'not yet' : timeOf(clearedAt, facility)],
    escalatedAt === null ? null : ['Told to the second line', timeOf(escalatedAt, facility)],
    kind === 'exceedance'
      ? ['Record', h('a', { href: linkTo(['exceedances'], { facility }) }, 'Exceedances of the facility')]
      : null,
  );
};

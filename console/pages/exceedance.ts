import type { Exceedance } from '#core/contracts/exceedance';
import { hourOfText, textOfHour } from '#core/time';
import { api, poll } from '../api.ts';
import { type Child, h, kept, refresh } from '../dom.ts';
import { besideLimit, percent } from '../format/figure.ts';
import { exceedanceSign } from '../format/state.ts';
import { ACTION_WORDS, PARAMETER_WORDS, REASON_WORDS } from '../format/words.ts';
import type { Page } from '../page.ts';
import { acknowledgeForm } from '../parts/acknowledge.ts';
import { causeForm } from '../parts/cause-form.ts';
import { heading } from '../parts/heading.ts';
import { placeOf } from '../parts/place.ts';
import { badge } from '../parts/signs.ts';
import { facts, tiles } from '../parts/tiles.ts';
import { hourOf, timeOf } from '../parts/times.ts';
import { linkTo } from '../router.ts';
import { may } from '../session/me.ts';
import { queryOf, RANGES } from '../source/curve-view.ts';

const SECONDS = 10;

/** One exceedance: its figures, who has seen it, why it came about and what was done. */
export const exceedancePage: Page = {
  title: ({ id }) => `Exceedance ${id}`,
  show(container, { id }, signal) {
    const params = { id: Number(id) };
    let cause: HTMLElement | undefined;
    const seen = acknowledgeForm('exceedance', async (why) =>
      draw(await api('acknowledgeExceedance', { params, body: { why } })),
    );
    const draw = (exceedance: Exceedance) => {
      const { rule, source, facility } = exceedance;
      // Made once: what somebody has typed stays while the figures around it are brought up to date.
      cause ??= causeForm(exceedance, async (body) => draw(await api('explainExceedance', { params, body })));
      refresh(
        container,
        heading(
          {
            title: `Exceedance of ${rule}`,
            what: placeOf({ facility, source }),
            crumbs: [{ words: 'Exceedances', href: '#/exceedances' }],
          },
          badge(exceedanceSign(exceedance), 'large'),
        ),
        h(
          'div',
          { class: 'stack' },
          figures(exceedance),
          h(
            'div',
            { class: 'two' },
            h('section', { class: 'panel' }, h('h2', null, 'Record'), record(exceedance)),
            h(
              'section',
              { class: 'panel' },
              h('h2', null, 'Acknowledgement'),
              acknowledgement(exceedance, seen),
              h('h2', { class: 'above' }, 'Reason and action'),
              explained(exceedance),
              cause && kept('cause', cause),
            ),
          ),
        ),
      );
    };
    poll('exceedance', { params }, { seconds: SECONDS, signal, show: draw });
  },
};

const figures = ({ worstAverage, limit, unit, windows, state }: Exceedance): HTMLElement =>
  tiles(
    {
      name: 'Worst average',
      value: [besideLimit(worstAverage, limit), ' ', h('small', null, unit)],
      more: Number(limit) > 0 ? `${percent(Number(worstAverage) / Number(limit))} of the limit` : null,
      tone: state === 'retracted' ? undefined : 'bad',
    },
    { name: 'Limit', value: [limit, ' ', h('small', null, unit)] },
    { name: 'Windows over it', value: windows, more: 'each ends with an operating hour' },
  );

/** The curves of the source up to the last window; a longer run, or a longer window, is seen over 30 days. */
const curveAt = ({ facility, source, parameter, firstWindowEnd, lastWindowEnd }: Exceedance): string => {
  const [first, last] = [hourOfText(firstWindowEnd), hourOfText(lastWindowEnd)];
  const view = {
    range: last - first < RANGES['24h'] / 2 ? '24h' : '30d',
    parameter: parameter in PARAMETER_WORDS ? (parameter as keyof typeof PARAMETER_WORDS) : undefined,
    until: textOfHour(last + 1),
    table: false,
  } as const;
  return linkTo(['facilities', facility, 'sources', source], queryOf(view));
};

const record = (exceedance: Exceedance): HTMLElement => {
  const { facility, source, firstWindowEnd, lastWindowEnd, parameter, citation, foundAt } = exceedance;
  const hourLink = (hour: string) =>
    h('a', { href: linkTo(['facilities', facility, 'sources', source, 'hours', hour]) }, hourOf(hour, facility));
  return facts(
    ['First window ends', hourLink(firstWindowEnd)],
    ['Last window ends', hourLink(lastWindowEnd)],
    ['Curve', h('a', { href: curveAt(exceedance) }, 'The hours behind it')],
    [
      'Average of',
      parameter in PARAMETER_WORDS ? PARAMETER_WORDS[parameter as keyof typeof PARAMETER_WORDS] : parameter,
    ],
    ['Required by', citation],
    ['Found', timeOf(foundAt, facility)],
    retraction(exceedance),
  );
};

const retraction = ({ facility, retractedAt, mergedInto }: Exceedance): readonly [string, Child] | null => {
  if (retractedAt === null) return null;
  const at = timeOf(retractedAt, facility);
  if (mergedInto === null) return ['Retracted', [at, ': a recomputation has shown that there was none']];
  const other = h('a', { href: linkTo(['exceedances', mergedInto]) }, `merged into #${mergedInto}`);
  return ['Merged', [at, ': ', other, ', which contains its windows now']];
};

const acknowledgement = ({ acknowledgedAt, acknowledgedBy, facility }: Exceedance, form: HTMLElement): Child =>
  acknowledgedAt === null
    ? kept('acknowledge', form)
    : h(
        'p',
        { 'data-key': 'seen' },
        'By ',
        h('strong', null, acknowledgedBy),
        ', ',
        timeOf(acknowledgedAt, facility),
        ' plant time. Why stands in ',
        may('engineer') ? h('a', { href: '#/audit' }, 'the audit trail') : 'the audit trail',
        '.',
      );

const explained = ({ reason, action, note }: Exceedance): Child =>
  reason === null || action === null
    ? h('p', { class: 'quiet' }, 'Not given yet. They stand in the quarterly report.')
    : facts(
        ['Reason', REASON_WORDS[reason]],
        ['Action', ACTION_WORDS[action]],
        note === null ? null : ['Note', h('span', { class: 'as-typed' }, note)],
      );

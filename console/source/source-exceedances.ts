import type { Exceedance } from '#core/contracts/exceedance';
import { h } from '../dom.ts';
import { besideLimit, counted } from '../format/figure.ts';
import { exceedanceSign } from '../format/state.ts';
import { badge } from '../parts/signs.ts';
import { hourOf } from '../parts/times.ts';
import { linkTo } from '../router.ts';
import type { SourcePath } from './curves.ts';

const SHOWN = 4;

const entry = (exceedance: Exceedance): HTMLElement => {
  const { id, facility, rule, firstWindowEnd, worstAverage, limit, unit, acknowledgedAt } = exceedance;
  return h(
    'li',
    { 'data-key': id },
    badge(exceedanceSign(exceedance)),
    ' ',
    h('a', { href: linkTo(['exceedances', id]) }, rule, ' from ', hourOf(firstWindowEnd, facility)),
    h(
      'p',
      { class: 'quiet small' },
      `worst average ${besideLimit(worstAverage, limit)} ${unit}, limit ${limit}; ${acknowledgedAt === null ? 'not acknowledged' : 'acknowledged'}`,
    ),
  );
};

/** The newest exceedances of a source. @param all those of its facility, the newest first */
export const sourceExceedances = ({ facility, source }: SourcePath, all: readonly Exceedance[]): HTMLElement[] => {
  const own = all.filter((each) => each.source === source);
  const more = own.length - SHOWN;
  return [
    own.length === 0
      ? h('p', { class: 'quiet' }, 'None among the newest of this facility.')
      : h('ul', { class: 'plain-list' }, own.slice(0, SHOWN).map(entry)),
    h(
      'p',
      null,
      h(
        'a',
        { href: linkTo(['exceedances'], { facility }) },
        more > 0 ? `${counted(more, 'more exceedance')} of this source` : 'All exceedances of the facility',
      ),
    ),
  ];
};

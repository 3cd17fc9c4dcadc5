import type { FacilityDetail, SourceSummary } from '#core/contracts/api/facilities';
import { type ApiProblem, poll } from '../api.ts';
import { h, refresh } from '../dom.ts';
import { fuelWords, PARAMETER_WORDS } from '../format/words.ts';
import type { Page } from '../page.ts';
import { limitPanel } from '../parts/limit-bar.ts';
import { notice } from '../parts/notice.ts';
import { timeOf } from '../parts/times.ts';
import { plantOf } from '../plants.ts';
import { linkTo } from '../router.ts';
import { queryOf, viewOf } from '../source/curve-view.ts';
import { curvesPanel, type SourcePath } from '../source/curves.ts';
import { exportsPanel } from '../source/exports.ts';
import { liveValues } from '../source/live-values.ts';
import { recentMinutes } from '../source/recent-minutes.ts';
import { sourceExceedances } from '../source/source-exceedances.ts';

const LIVE_SECONDS = 10;
const SUMMARY_SECONDS = 20;
const EXCEEDANCE_SECONDS = 60;

const pathOf = ({ facility = '', source = '' }: Readonly<Record<string, string>>): SourcePath => ({ facility, source });

const headOf = ({ facility, source }: SourcePath): HTMLElement =>
  h(
    'div',
    null,
    h(
      'p',
      { class: 'crumbs' },
      h('a', { href: '#/' }, 'Fleet'),
      ' › ',
      h('a', { href: linkTo(['facilities', facility]) }, plantOf(facility).name),
    ),
    h('h1', null, `Source ${source}`),
  );

const factsOf = (summary: SourceSummary, { facility }: SourcePath): HTMLElement[] => {
  const { fuel, openAlarms, completeSince } = summary;
  return [
    h('span', null, `burns ${fuelWords(fuel)}`),
    openAlarms > 0 &&
      h('a', { href: linkTo(['alarms'], { facility }) }, `${openAlarms} open ${openAlarms === 1 ? 'alarm' : 'alarms'}`),
    completeSince !== null && h('span', null, 'data complete since ', timeOf(completeSince, facility)),
  ].filter((each) => each !== false);
};

const limitsOf = ({ compliance }: SourceSummary): HTMLElement[] =>
  compliance.length === 0
    ? [h('p', { class: 'quiet' }, 'No limit has a full averaging window yet.')]
    : compliance.map(limitPanel);

/** One source: what it emits now, how near its limits it is, and how it came there. */
export const sourcePage: Page = {
  title: ({ source, facility = '' }) => `Source ${source} of ${plantOf(facility).name}`,
  show(container, params, signal) {
    const path = pathOf(params);
    const facts = h('p', { class: 'what source-facts' });
    const problem = h('div');
    const live = h('div', { class: 'stack' }, h('p', { class: 'empty' }, 'Waiting for the newest minute …'));
    const limits = h('div', null, h('p', { class: 'empty' }, 'Waiting …'));
    const exceedances = h('div');
    const keepInAddress = (view: Parameters<typeof queryOf>[0]) =>
      history.replaceState(null, '', linkTo(['facilities', path.facility, 'sources', path.source], queryOf(view)));
    const curves = curvesPanel(path, viewOf(params, PARAMETER_WORDS), keepInAddress, signal);
    const minutes = recentMinutes(path, signal);
    const panel = (title: string, content: HTMLElement) =>
      h('section', { class: 'panel', 'aria-label': title }, h('h2', null, title), content);

    const panels = h(
      'div',
      { class: 'stack' },
      h('div', { class: 'source-now' }, panel('Now', live), panel('Limits', limits)),
      curves.element,
      minutes.element,
      h('div', { class: 'two' }, panel('Exceedances', exceedances), exportsPanel(path, curves.range)),
    );
    container.append(h('div', { class: 'page-head' }, headOf(path), facts), problem, panels);

    const refuse = (words: string): void => {
      const back = h('p', null, h('a', { href: '#/' }, 'Back to the fleet'));
      refresh(problem, h('div', { class: 'refusal' }, notice('bad', words), back));
      panels.hidden = true;
    };
    const showSummary = ({ sourceList }: FacilityDetail): void => {
      const summary = sourceList.find(({ source }) => source === path.source);
      if (!summary) {
        refuse(`the plan of ${path.facility} has no source ${path.source}`);
        return;
      }
      panels.hidden = false;
      refresh(problem);
      refresh(facts, factsOf(summary, path));
      refresh(limits, limitsOf(summary));
      if (summary.latestHour) curves.newestIs(summary.latestHour.hour);
    };
    const failed = ({ message, status }: ApiProblem) => {
      // Panels of a source that is not there would wait for ever; the shell says what the API has said.
      if (status !== 403 && status !== 404) return;
      refuse(message);
    };
    poll(
      'facility',
      { params: { facility: path.facility } },
      { seconds: SUMMARY_SECONDS, signal, show: showSummary, failed },
    );
    poll(
      'latestMinute',
      { params: path },
      {
        seconds: LIVE_SECONDS,
        signal,
        show(latest) {
          refresh(live, liveValues(latest, path.facility));
          if (latest.minute !== null) minutes.newestIs(latest.minute);
        },
        failed,
      },
    );
    poll(
      'exceedances',
      { query: { facility: path.facility, limit: 100 } },
      {
        seconds: EXCEEDANCE_SECONDS,
        signal,
        show: (page) => refresh(exceedances, sourceExceedances(path, page.exceedances)),
        failed,
      },
    );
  },
};

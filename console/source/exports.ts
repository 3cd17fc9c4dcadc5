import { hourOfText, textOfHour } from '#core/time';
import { api } from '../api.ts';
import { h } from '../dom.ts';
import { wordsOf } from '../parts/notice.ts';
import { saveFile } from '../parts/save-file.ts';
import type { SourcePath } from './curves.ts';

interface Range {
  readonly from: string;
  readonly until: string;
}

/** The API gives at most 10,000 minutes at once. */
const MOST_MINUTE_HOURS = 166;

const fileName = ({ facility, source }: SourcePath, kind: string, { from, until }: Range): string =>
  `${facility}-${source}-${kind}-${from}-${until}.csv`.replace(/[^\w.-]/g, '');

/** The end of a range that is short enough for minutes. */
const forMinutes = ({ from, until }: Range): Range => {
  const end = hourOfText(until);
  return { from: textOfHour(Math.max(hourOfText(from), end - MOST_MINUTE_HOURS)), until };
};

/** Buttons that save what the curves show as CSV. */
export const exportsPanel = (path: SourcePath, range: () => Range | undefined): HTMLElement => {
  const outcome = h('p', { class: 'hint', role: 'status' });
  const save = (kind: 'hours' | 'minutes') => async (): Promise<void> => {
    const shown = range();
    if (shown === undefined) {
      outcome.textContent = 'No hour is stored yet.';
      return;
    }
    const part = kind === 'hours' ? shown : forMinutes(shown);
    outcome.textContent = 'Fetching …';
    try {
      const request = { params: path, query: part };
      const content = kind === 'hours' ? await api('exportHours', request) : await api('exportMinutes', request);
      const name = fileName(path, kind, part);
      saveFile(content, name);
      outcome.textContent = `Saved ${name}`;
    } catch (error) {
      outcome.textContent = `Not saved: ${wordsOf(error)}`;
    }
  };
  return h(
    'section',
    { class: 'panel', 'aria-label': 'Export' },
    h('h2', null, 'Take the data with you'),
    h(
      'p',
      { class: 'quiet small' },
      'The range of the curves as CSV; of a range of 30 days the last 166 hours as minutes.',
    ),
    h(
      'div',
      { class: 'buttons export' },
      h('button', { type: 'button', onclick: () => void save('hours')() }, 'Save hours'),
      h('button', { type: 'button', onclick: () => void save('minutes')() }, 'Save minutes'),
    ),
    outcome,
  );
};

import { ApiProblem, ConnectionLost } from '../api.ts';
import { h } from '../dom.ts';

/** Something that people must read, in words. */
export const notice = (tone: 'bad' | 'warn' | 'good', text: string): HTMLElement =>
  h('p', { class: `notice ${tone}` }, text);

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** In the place of a page that the system does not give: its words, and the way back. */
export const refusalPage = (title: string, words: string): HTMLElement =>
  h(
    'div',
    { class: 'refusal stack' },
    h('h1', null, title),
    notice('bad', words),
    h('p', null, h('a', { href: '#/' }, 'Back to the fleet')),
  );

/** What a page could not do, in its place. A fault of the console itself goes into the log of the browser too. */
export const faultNotice = (error: unknown): HTMLElement => {
  if (!(error instanceof ApiProblem || error instanceof ConnectionLost)) console.error(error);
  return notice('bad', wordsOf(error));
};

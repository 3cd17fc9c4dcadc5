import { ApiProblem, ConnectionLost } from '../api.ts';
import { h } from '../dom.ts';

/** Something that people must read, in words. */
export const notice = (tone: 'bad' | 'warn' | 'good', text: string): HTMLElement =>
  h('p', { class: `notice ${tone}` }, text);

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What a page could not do, in its place. A fault of the console itself goes into the log of the browser too. */
export const faultNotice = (error: unknown): HTMLElement => {
  if (!(error instanceof ApiProblem || error instanceof ConnectionLost)) console.error(error);
  return notice('bad', wordsOf(error));
};

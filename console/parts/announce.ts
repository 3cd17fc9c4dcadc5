import { h } from '../dom.ts';

const region = h('div', { class: 'out-of-sight', 'aria-live': 'polite', role: 'status' });

/** Where what changes is said to those who do not see it; the shell puts it on the page. */
export const announcements = (): HTMLElement => region;

export const announce = (text: string): void => {
  region.textContent = text;
};

import { type Child, h } from '../dom.ts';

interface Crumb {
  readonly words: string;
  readonly href: string;
}

interface Heading {
  readonly title: Child;
  /** One line on what the page is of. */
  readonly what?: Child;
  /** The pages above this one. */
  readonly crumbs?: readonly Crumb[];
}

/** The head of a page, with what stands at its right. */
export const heading = ({ title, what, crumbs = [] }: Heading, ...right: readonly Child[]): HTMLElement =>
  h(
    'div',
    { class: 'page-head', 'data-key': 'head' },
    h(
      'div',
      null,
      crumbs.length === 0
        ? null
        : h(
            'nav',
            { class: 'crumbs', 'aria-label': 'Where this page is' },
            crumbs.map(({ words, href }, index) => [index > 0 ? ' › ' : null, h('a', { href }, words)]),
          ),
      h('h1', null, title),
      what ? h('p', { class: 'what' }, what) : null,
    ),
    h('div', { class: 'buttons' }, right),
  );

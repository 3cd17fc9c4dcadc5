import type { Me } from '#core/contracts/api/access';
import { poll } from './api.ts';
import { connection } from './connection.ts';
import { h, refresh, svg } from './dom.ts';
import { ageText } from './format/duration.ts';
import { announce, announcements } from './parts/announce.ts';
import { tickAges } from './parts/times.ts';
import { developmentName } from './session/development.ts';
import { may } from './session/me.ts';

/** What stands around every page. */
interface Frame {
  /** Where pages are shown. */
  readonly pages: HTMLElement;
  signedIn(kind: string, me: Me, signOut: () => void, signal: AbortSignal): void;
  signedOut(kind: string, login: HTMLElement): void;
}

const ALARM_SECONDS = 10;

export const frameOf = (body: HTMLElement): Frame => {
  const header = h('header');
  const state = h('div', { role: 'alert' });
  const pages = h('main', { id: 'main', tabindex: '-1' });
  const skip = h('button', { class: 'skip', type: 'button', onclick: () => pages.focus() }, 'Skip to the content');
  const fresh = h('span', { class: 'fresh' });
  body.replaceChildren(skip, header, h('div', { class: 'state' }, state), pages, announcements(), foot());

  const tell = () => {
    tellFreshness(body, fresh);
    tellConnection(state, pages);
  };
  connection.onChange(tell);
  setInterval(() => {
    tellFreshness(body, fresh);
    tickAges();
  }, 1000);

  return {
    pages,
    signedIn(kind, { who, group }, signOut, signal) {
      const named = (kind === 'development' ? developmentName() : undefined) ?? who;
      const nav = h('nav', { class: 'nav', 'aria-label': 'Pages' });
      const person = h(
        'div',
        { class: 'who' },
        fresh,
        h('span', { class: 'person', title: `${who} · ${group}` }, named, h('span', { class: 'quiet' }, ` · ${group}`)),
        h('button', { type: 'button', class: 'plain', onclick: signOut }, 'Sign out'),
      );
      header.replaceChildren(...developmentBanner(kind), h('div', { class: 'top' }, brand(), nav, person));
      keepNav(nav, signal);
    },
    signedOut(kind, login) {
      header.replaceChildren(...developmentBanner(kind), h('div', { class: 'top' }, brand()));
      pages.replaceChildren(login);
      document.title = 'Sign in · EmissionWatch';
    },
  };
};

const developmentBanner = (kind: string): HTMLElement[] =>
  kind === 'development'
    ? [
        h(
          'p',
          { class: 'development' },
          h('strong', null, 'Development login on this machine. '),
          'Nobody is asked for a password.',
        ),
      ]
    : [];

const brand = (): HTMLElement =>
  h(
    'a',
    { class: 'brand', href: '#/' },
    svg(
      'svg',
      { viewBox: '0 0 24 24', 'aria-hidden': 'true' },
      svg('path', {
        d: 'M3 20h18M6 20V9l4 1v10M14 20V5l4 1v14M10 6c0-2 2-1 2-3',
        fill: 'none',
        stroke: 'currentColor',
        'stroke-width': 2,
        'stroke-linecap': 'round',
        'stroke-linejoin': 'round',
      }),
    ),
    'EmissionWatch',
  );

const foot = (): HTMLElement =>
  h(
    'footer',
    { class: 'foot' },
    'Times of a plant stand on its clock, standard time all year. Times of the system are in UTC and say so. ',
    h('a', { href: '/openapi.json' }, 'API of these pages'),
  );

const tellFreshness = (body: HTMLElement, fresh: HTMLElement): void => {
  const { updated, lost, refused } = connection.freshness();
  const not = lost !== undefined || refused !== undefined;
  body.classList.toggle('lost', lost !== undefined);
  fresh.classList.toggle('not', not);
  refresh(
    fresh,
    updated === undefined && !not
      ? null
      : [
          h('span', { class: 'dot', 'aria-hidden': 'true' }, not ? '✕' : '●'),
          h(
            'span',
            null,
            `${not ? 'not ' : ''}updated${updated === undefined || not ? '' : ` ${ageText(Date.now() - updated)}`}`,
          ),
        ],
  );
};

const clock = (ms: number): string => new Date(ms).toLocaleTimeString('en-GB');

const tellConnection = (place: HTMLElement, pages: HTMLElement): void => {
  const { lost, refused } = connection.freshness();
  const words = lost
    ? `Connection lost: ${lost.message}. The figures here are of ${clock(lost.since)} on your clock and do not change until it is back.`
    : // A page that has shown nothing yet says it in its place.
      pages.querySelector('h1') && !pages.querySelector('.refusal')
      ? refused
      : undefined;
  refresh(place, words === undefined ? null : h('p', { class: 'notice bad' }, words));
};

/** The menu, with the number of open alarms beside theirs; a new alarm is said. */
const keepNav = (nav: HTMLElement, signal: AbortSignal): void => {
  let open: { readonly count: number; readonly more: boolean } | undefined;
  let newest: number | undefined;
  const draw = () => {
    const here = location.hash.replace(/^#\/?/, '').split(/[/?]/)[0] ?? '';
    const link = (path: string, words: string, badge?: HTMLElement | null) =>
      h(
        'li',
        { 'data-key': path },
        h(
          'a',
          { href: `#/${path}`, 'aria-current': isHere(path, here) ? 'page' : null },
          words,
          badge ? [' ', badge] : null,
        ),
      );
    const count = open?.count
      ? h(
          'span',
          { class: 'count' },
          `${open.count}${open.more ? '+' : ''}`,
          h('span', { class: 'out-of-sight' }, ' open'),
        )
      : null;
    refresh(
      nav,
      h(
        'ul',
        null,
        link('', 'Fleet'),
        link('alarms', 'Alarms', count),
        link('exceedances', 'Exceedances'),
        link('pipeline', 'Pipeline'),
        link('reports', 'Reports'),
        may('engineer') ? link('audit', 'Audit') : null,
      ),
    );
  };
  window.addEventListener('hashchange', draw, { signal });
  draw();
  poll(
    'alarms',
    { query: { state: 'open', limit: 100 } },
    {
      seconds: ALARM_SECONDS,
      signal,
      show({ alarms, next }) {
        open = { count: alarms.length, more: next !== null };
        const [latest] = alarms;
        if (latest && newest !== undefined && latest.id > newest) announce(`New alarm: ${latest.text}`);
        newest = Math.max(newest ?? 0, latest?.id ?? 0);
        draw();
      },
    },
  );
};

/** The pages of a facility belong to the fleet. */
const isHere = (path: string, here: string): boolean => path === here || (path === '' && here === 'facilities');

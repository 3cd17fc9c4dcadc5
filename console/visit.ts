import { ApiProblem } from './api.ts';
import { connection } from './connection.ts';
import { h } from './dom.ts';
import type { Routes } from './page.ts';
import { announce } from './parts/announce.ts';
import { faultNotice, refusalPage } from './parts/notice.ts';
import { findRoute } from './router.ts';

/** Shows the page of the address in `place` until the signal, and follows the address. */
export const showPages = (place: HTMLElement, routes: Routes, signal: AbortSignal): void => {
  let visit = new AbortController();
  signal.addEventListener('abort', () => visit.abort());

  const show = async (moved: boolean): Promise<void> => {
    visit.abort();
    visit = new AbortController();
    const ofThis = visit.signal;
    const route = findRoute(routes, location.hash);
    const title = route?.page.title(route.params) ?? 'No such page';
    const container = h('div', { class: 'page' });
    place.replaceChildren(container);
    document.title = `${title} · EmissionWatch`;
    if (moved) {
      window.scrollTo(0, 0);
      // The reader of a screen, and who goes by the keyboard, begins at the new page and not in the menu.
      place.focus({ preventScroll: true });
      announce(title);
    }
    connection.onChange(() => {
      const refused = connection.refusalOf(ofThis);
      if (refused === undefined || container.querySelector('h1')) return;
      container.replaceChildren(refusalPage(title, refused));
    }, ofThis);
    try {
      if (route) await route.page.show(container, route.params, ofThis);
      else container.append(h('h1', null, title), h('p', null, h('a', { href: '#/' }, 'Back to the fleet')));
    } catch (error) {
      if (ofThis.aborted) return;
      if (error instanceof ApiProblem && !container.querySelector('h1')) connection.watch(ofThis).refused(error);
      else container.append(faultNotice(error));
    }
  };
  window.addEventListener('hashchange', () => void show(true), { signal });
  void show(false);
};

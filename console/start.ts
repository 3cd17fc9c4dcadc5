import { api, ConnectionLost } from './api.ts';
import { frameOf } from './frame.ts';
import type { Routes } from './page.ts';
import { loginPage } from './pages/login.ts';
import { faultNotice, wordsOf } from './parts/notice.ts';
import { loadPlants } from './plants.ts';
import { loadConfig } from './session/config.ts';
import { type Login, loginBy } from './session/login.ts';
import { setMe } from './session/me.ts';
import { session } from './session/session.ts';
import { showPages } from './visit.ts';

const RETRY_MS = 5000;

/** Signs the person in and shows the page of the address, and the next ones as the address changes. */
export const startConsole = async (body: HTMLElement, routes: Routes): Promise<void> => {
  const frame = frameOf(body);
  let signedIn = new AbortController();
  try {
    const login = loginBy(await loadConfig());
    const signOut = () => {
      leave('you have signed out');
      login.signOut();
    };
    const leave = (why: string) => {
      signedIn.abort();
      setMe(undefined);
      session.forget();
      frame.signedOut(login.kind, loginPage(login, why, enter));
    };
    const enter = async () => {
      signedIn = new AbortController();
      const me = await api('me');
      await loadPlants();
      setMe(me);
      frame.signedIn(login.kind, me, signOut, signedIn.signal);
      showPages(frame.pages, routes, signedIn.signal);
    };
    session.use(() => login.renew(), leave);
    await arrive(login, enter, leave);
  } catch (error) {
    frame.pages.replaceChildren(faultNotice(error));
    // Nobody should have to reload the panel on the wall after a restart of the system.
    if (error instanceof ConnectionLost) setTimeout(() => location.reload(), RETRY_MS);
  }
};

/** Who comes back from the sign-in page, or reloads, is not asked again. */
const arrive = async (login: Login, enter: () => Promise<void>, leave: (why: string) => void): Promise<void> => {
  if (login.kind === 'cognito') {
    try {
      const token = await login.complete();
      if (token !== undefined) session.keep(token);
    } catch (error) {
      leave(wordsOf(error));
      return;
    }
  }
  if (await session.canGoOn()) await enter();
  else leave('sign in to see your facilities');
};

import { claimsOf, isFresh } from './claims.ts';

/** How a token is had again without asking the person; undefined when the person must sign in. */
type Renew = () => Promise<string | undefined>;

const TOKEN = 'emissionwatch.token';

let renew: Renew = async () => undefined;
let ended: (why: string) => void = () => undefined;
let renewing: Promise<string | undefined> | undefined;

const stored = (): string | undefined => sessionStorage.getItem(TOKEN) ?? undefined;

const usable = async (): Promise<string | undefined> => {
  const token = stored();
  if (token !== undefined && isFresh(claimsOf(token), Date.now())) return token;
  // All that asks at the same time waits for one renewal: a refresh token may be good only once.
  renewing ??= renew().finally(() => {
    renewing = undefined;
  });
  const renewed = await renewing;
  if (renewed !== undefined) session.keep(renewed);
  return renewed;
};

/** The login of this tab: it ends with the tab, and other tabs have their own. */
export const session = {
  /** Says how tokens are renewed and what is to be done when the login ends. */
  use(renewal: Renew, onEnd: (why: string) => void): void {
    renew = renewal;
    ended = onEnd;
  },
  keep(token: string): void {
    claimsOf(token);
    sessionStorage.setItem(TOKEN, token);
  },
  /** Whether a token is here or can be had without asking the person. */
  async canGoOn(): Promise<boolean> {
    return (await usable()) !== undefined;
  },
  /** A token that is good for a while yet. @throws Error when the person must sign in */
  async token(): Promise<string> {
    const token = await usable();
    if (token !== undefined) return token;
    session.end('sign in to see your facilities');
    throw new Error('nobody is signed in');
  },
  forget(): void {
    sessionStorage.removeItem(TOKEN);
  },
  end(why: string): void {
    session.forget();
    ended(why);
  },
};

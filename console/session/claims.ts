/** What the console reads of its own token; the API checks it, the console only wants to know when it ends. */
export interface Claims {
  /** In ms since 1970. */
  readonly expires: number;
}

/**
 * Reads a token without checking it.
 * @throws Error when it is not a token
 */
export const claimsOf = (token: string): Claims => {
  const part = token.split('.')[1] ?? '';
  try {
    const { exp } = JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/'))) as { exp?: unknown };
    if (typeof exp === 'number') return { expires: exp * 1000 };
  } catch {
    // Said below, in the same words as of a token without an end.
  }
  throw new Error('what came from the login is not a token with an end');
};

/** A token is renewed so long before its end that a request on its way still finds it good. */
const RENEW_BEFORE_MS = 60_000;

export const isFresh = ({ expires }: Claims, now: number): boolean => expires - now > RENEW_BEFORE_MS;

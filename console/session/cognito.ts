import { challengeOf, unguessable } from './pkce.ts';

/*
 * Authorization code with PKCE against the hosted sign-in of a Cognito user pool (RFC 6749, RFC 7636). Passwords and
 * the second factor are entered there; the console only ever holds tokens, and only in this tab.
 */

export interface Pool {
  /** Origin of the hosted sign-in, `https://emissions.auth.us-east-1.amazoncognito.com`. */
  readonly domain: string;
  readonly clientId: string;
}

const STATE = 'emissionwatch.state';
const VERIFIER = 'emissionwatch.verifier';
const RETURN_TO = 'emissionwatch.return-to';
const REFRESH = 'emissionwatch.refresh';

/** Where Cognito sends people back to; the client of the pool must name exactly this. */
const home = (): string => `${location.origin}/`;

/** Leaves for the sign-in page. */
export const beginSignIn = async ({ domain, clientId }: Pool): Promise<void> => {
  const [state, verifier] = [unguessable(), unguessable()];
  sessionStorage.setItem(STATE, state);
  sessionStorage.setItem(VERIFIER, verifier);
  sessionStorage.setItem(RETURN_TO, location.hash);
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: home(),
    scope: 'openid email',
    state,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: 'S256',
  });
  location.assign(`${domain}/oauth2/authorize?${query}`);
};

const taken = (key: string): string | undefined => {
  const value = sessionStorage.getItem(key) ?? undefined;
  sessionStorage.removeItem(key);
  return value;
};

/**
 * Finishes the sign-in when the address says that people come back from it.
 * @returns the token; undefined when nobody comes back
 * @throws Error when Cognito refused or the answer belongs to no question of this tab
 */
export const completeSignIn = async (pool: Pool): Promise<string | undefined> => {
  const answer = new URLSearchParams(location.search);
  const [code, refusal] = [answer.get('code'), answer.get('error')];
  if (code === null && refusal === null) return undefined;
  const [state, verifier, returnTo] = [taken(STATE), taken(VERIFIER), taken(RETURN_TO)];
  // The code is good once: a reload must not try it again.
  history.replaceState(null, '', `/${returnTo ?? ''}`);
  if (refusal !== null) throw new Error(`the sign-in was refused: ${answer.get('error_description') ?? refusal}`);
  if (code === null || state === undefined || verifier === undefined || answer.get('state') !== state)
    throw new Error('the sign-in was not begun in this tab; sign in again');
  return tokensFor(pool, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: home(),
    code_verifier: verifier,
  });
};

/** A new token without asking the person; undefined when the refresh token is gone or no longer good. */
export const renewSignIn = async (pool: Pool): Promise<string | undefined> => {
  const refreshToken = sessionStorage.getItem(REFRESH);
  if (refreshToken === null) return undefined;
  return tokensFor(pool, { grant_type: 'refresh_token', refresh_token: refreshToken });
};

const tokensFor = async (
  { domain, clientId }: Pool,
  grant: Readonly<Record<string, string>>,
): Promise<string | undefined> => {
  const response = await fetch(`${domain}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...grant, client_id: clientId }).toString(),
  });
  // Used, revoked or too old: the person signs in again. Anything else is a failure and not an answer.
  if (response.status === 400 || response.status === 401) return undefined;
  if (!response.ok) throw new Error(`the sign-in answers ${response.status}; try again`);
  const tokens = (await response.json()) as { id_token: string; refresh_token?: string };
  if (tokens.refresh_token !== undefined) sessionStorage.setItem(REFRESH, tokens.refresh_token);
  return tokens.id_token;
};

export const forgetSignIn = (): void => sessionStorage.removeItem(REFRESH);

/** Where the session at Cognito is ended too. */
export const signOutAddress = ({ domain, clientId }: Pool): string =>
  `${domain}/logout?${new URLSearchParams({ client_id: clientId, logout_uri: home() })}`;

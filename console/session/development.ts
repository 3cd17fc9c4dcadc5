import type { Group } from '#core/contracts/api/access';
import type { Problem } from '#core/contracts/api/problem';

/** As whom to sign in on this machine. */
export interface Choice {
  readonly group: Group;
  /** Names, or `*` alone. */
  readonly facilities: readonly string[];
  readonly name: string;
}

export const DEFAULT_CHOICE: Choice = { group: 'engineer', facilities: ['*'], name: 'Development engineer' };

const CHOICE = 'emissionwatch.development';

/**
 * Signs in without a password, which only the local cloud offers and only on this machine.
 * @returns the token
 * @throws Error in the words of the local cloud
 */
export const developmentLogin = async (choice: Choice): Promise<string> => {
  const response = await fetch('/development-login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(choice),
  });
  if (!response.ok) throw new Error(await reasonOf(response));
  const { idToken } = (await response.json()) as { idToken: string };
  sessionStorage.setItem(CHOICE, JSON.stringify(choice));
  return idToken;
};

const reasonOf = async (response: Response): Promise<string> => {
  const refused = `the development login answers ${response.status}`;
  if (!response.headers.get('content-type')?.includes('json')) return refused;
  const { detail } = (await response.json()) as Partial<Problem>;
  return detail ?? refused;
};

/** Signs in again as before. */
export const renewDevelopment = async (): Promise<string | undefined> => {
  const choice = sessionStorage.getItem(CHOICE);
  return choice === null ? undefined : developmentLogin(JSON.parse(choice) as Choice);
};

/** The name that was given; the token knows an address made of it. */
export const developmentName = (): string | undefined => {
  const choice = sessionStorage.getItem(CHOICE);
  return choice === null ? undefined : (JSON.parse(choice) as Choice).name;
};

export const forgetDevelopment = (): void => sessionStorage.removeItem(CHOICE);

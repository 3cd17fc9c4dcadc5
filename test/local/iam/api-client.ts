import { expect } from 'vitest';
import type { Group } from '#core/contracts/api/access';
import type { Stage } from './stage.ts';

type Answer = Readonly<Record<string, unknown>>;

/** Asks the API as somebody who has signed in to the console. Fails for an answer with another status than `status`. */
export const signedIn = async ({ cloud }: Pick<Stage, 'cloud'>, group: Group) => {
  const console = cloud.endpoints.console!.replace(/\/$/, '');
  const json = { 'content-type': 'application/json' };
  const login = await fetch(`${console}/development-login`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ group, facilities: ['*'], name: 'Jane' }),
  });
  const { idToken } = (await login.json()) as { readonly idToken: string };
  return async (method: string, path: string, body?: unknown, status = 200): Promise<Answer> => {
    const response = await fetch(`${console}/api/v1${path}`, {
      method,
      headers: { ...json, authorization: `Bearer ${idToken}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect([method, path, response.status, text]).toEqual([method, path, status, expect.anything()]);
    return JSON.parse(text) as Answer;
  };
};

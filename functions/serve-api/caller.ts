import * as z from 'zod';
import { GROUPS, type Group, type Me } from '#core/contracts/api/access';
import { facilityName } from '#core/contracts/api/words';
import { ApiProblem } from './api-problem.ts';

/** What the gateway has verified of the token, by name. Lists come as text: `[viewer engineer]`. */
export type Claims = Readonly<Record<string, unknown>>;

const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');

const groups = z
  .union([z.array(z.string()), z.string().transform((text) => wordsOf(text.replace(/^\[(.*)\]$/s, '$1')))])
  .default([]);

const facilities = z
  .string()
  .default('')
  .transform(wordsOf)
  .pipe(z.union([z.tuple([z.literal('*')]), z.array(facilityName)]));

const claimsOfToken = z.object({
  token_use: z.literal('id'),
  sub: z.string().min(1),
  email: z
    .string()
    .min(1)
    .max(320)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u),
  'cognito:groups': groups,
  'custom:facilities': facilities,
});

/**
 * Who asks. The gateway checks signature, audience and time; here is checked what a token must say.
 * @throws ApiProblem 401 without a token or with one that is not an ID token of this system, 403 for a person of no group
 */
export const callerOf = (claims: Claims | undefined): Me => {
  const read = claimsOfToken.safeParse(claims);
  if (!read.success) {
    const why =
      claims === undefined ? 'there is no token' : `the claim ${read.error.issues[0]?.path.join('.')} is not right`;
    throw new ApiProblem(401, `sign in and send the ID token as a bearer token: ${why}`, {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  const { email, 'cognito:groups': named, 'custom:facilities': names } = read.data;
  const group = GROUPS.findLast((each) => named.includes(each));
  if (!group) throw new ApiProblem(403, `${email} is in none of the groups ${GROUPS.join(', ')}`);
  return { who: email, group, facilities: [...names] };
};

/** @throws ApiProblem 403 when the group is not enough */
export const requireGroup = ({ who, group }: Me, least: Group): void => {
  if (GROUPS.indexOf(group) < GROUPS.indexOf(least))
    throw new ApiProblem(403, `${who} is ${group}: this takes at least ${least}`);
};

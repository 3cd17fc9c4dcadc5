import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import type { UserPoolClient, UserPoolDefinition } from './definition.ts';
import type { TokenKey } from './token-key.ts';

/** Somebody who develops, tests or tries the system out on this machine. */
export interface DevelopmentLogin {
  readonly group: string;
  /** Names of facilities, or `*` alone for all. */
  readonly facilities: readonly string[];
  readonly name: string;
}

/** An ID token with the claims that Cognito puts into one. The same name is the same person each time. */
export const idToken = (
  { issuer }: UserPoolDefinition,
  { id: audience, idTokenMinutes }: UserPoolClient,
  { privateKey, kid }: TokenKey,
  { group, facilities, name }: DevelopmentLogin,
  now: () => number = Date.now,
): Promise<string> => {
  const sub = subjectOf(name);
  const seconds = Math.floor(now() / 1000);
  return new SignJWT({
    sub,
    email: emailOf(name),
    email_verified: true,
    name,
    'cognito:username': sub,
    'cognito:groups': [group],
    'custom:facilities': facilities.join(' '),
    token_use: 'id',
    auth_time: seconds,
  })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + idTokenMinutes * 60)
    .sign(privateKey);
};

const subjectOf = (name: string): string =>
  createHash('sha256')
    .update(name)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');

/** Of a domain that cannot exist, so that nobody takes it for a real one. */
const emailOf = (name: string): string =>
  `${
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '.')
      .replaceAll(/^\.|\.$/g, '') || 'somebody'
  }@development.invalid`;

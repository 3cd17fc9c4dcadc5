import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { AwsError, type Listening, serveJson11 } from './aws-json.ts';
import type { UserPoolDefinition } from './cognito/definition.ts';
import { type DevelopmentLogin, idToken } from './cognito/id-token.ts';
import { userOperations } from './cognito/operations.ts';
import { openTokenKey } from './cognito/token-key.ts';
import { openUsers } from './cognito/users.ts';
import type { Guard } from './iam/guard.ts';

export interface Cognito extends Listening {
  /** Public keys of a pool, as it publishes them. @throws Error when no pool here issues by that name */
  keySetOf(issuer: string): JSONWebKeySet;
  /** The same, for who verifies tokens. */
  keysOf(issuer: string): JWTVerifyGetKey;
  /**
   * An ID token of the first client of the first pool, for somebody who develops on this machine.
   * @throws AwsError for a group that the pool does not have
   */
  developmentToken(login: DevelopmentLogin): Promise<string>;
}

/**
 * User pools: the people in them, and ID tokens signed by the pool's key. Nobody signs in here with password and second
 * factor, which is AWS's own page; instead there is a login for development, which only the local CloudFront offers.
 */
export const startCognito = async (options: {
  readonly dataDir: string;
  readonly pools: readonly UserPoolDefinition[];
  readonly guard: Guard;
  readonly port?: number;
  readonly now?: () => number;
}): Promise<Cognito> => {
  const { dataDir, guard, port, now } = options;
  const pools = await Promise.all(
    options.pools.map(async (definition) => ({
      definition,
      users: openUsers(dataDir, definition.id, now),
      key: await openTokenKey(dataDir, definition.id),
    })),
  );
  const keySetOf = (issuer: string): JSONWebKeySet => {
    const pool = pools.find(({ definition }) => definition.issuer === issuer);
    if (pool) return pool.key.keySet;
    const known = pools.map(({ definition }) => definition.issuer).join(', ') || 'none';
    throw new Error(`nobody here issues tokens as ${issuer}: there is ${known}`);
  };
  return {
    ...(await serveJson11({ operations: userOperations(pools, guard), guard, ...(port !== undefined && { port }) })),
    keySetOf,
    keysOf: (issuer) => createLocalJWKSet(keySetOf(issuer)),
    developmentToken: async (login) => {
      const [pool] = pools;
      const client = pool?.definition.clients[0];
      if (!pool || !client) throw new Error('no template has a user pool with a client, so there are no tokens');
      const groups = pool.definition.groups.map(({ name }) => name);
      if (!groups.includes(login.group))
        throw new AwsError(
          'InvalidParameterException',
          `group ${JSON.stringify(login.group)} is not one of ${groups.join(', ')}`,
        );
      return idToken(pool.definition, client, pool.key, login, now);
    },
  };
};

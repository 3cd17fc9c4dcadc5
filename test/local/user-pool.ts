import type { UserPoolDefinition } from '../../local/services/cognito/definition.ts';

/** A pool as the templates have it, for tests of a service alone. */
export const USER_POOL = {
  id: 'us-east-1_AbCdEfGhI',
  arn: 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AbCdEfGhI',
  issuer: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI',
  groups: ['admin', 'engineer', 'operator', 'viewer'].map((name, precedence) => ({ name, precedence })),
  clients: [{ id: 'console', idTokenMinutes: 60 }],
  customAttributes: ['custom:facilities'],
} as const satisfies UserPoolDefinition;

import * as z from 'zod';
import type { UserPoolDefinition } from '../services/cognito/definition.ts';
import { IGNORED, type Templates } from './templates.ts';

/** What else a pool says is about signing in, which is AWS's: here a development login makes the tokens. */
const poolProperties = z.looseObject({
  UsernameAttributes: z.tuple([z.literal('email')]),
  AdminCreateUserConfig: z.looseObject({ AllowAdminCreateUserOnly: z.literal(true) }),
  Schema: z.array(z.looseObject({ Name: z.string(), Mutable: z.boolean().default(true) })).default([]),
});
const minutes = { minutes: 1, hours: 60, days: 1440 } as const;
const clientProperties = z.looseObject({
  UserPoolId: z.string(),
  IdTokenValidity: z.int().default(60),
  TokenValidityUnits: z
    .looseObject({ IdToken: z.enum(['minutes', 'hours', 'days']).default('hours') })
    .default({ IdToken: 'minutes' }),
});
const groupProperties = z.strictObject({
  UserPoolId: z.string(),
  GroupName: z.string(),
  Precedence: z.int().min(0).default(0),
  Description: IGNORED,
});

export const userPoolsOf = (templates: Templates): UserPoolDefinition[] => {
  const groups = templates
    .ofType('AWS::Cognito::UserPoolGroup')
    .map((resource) => resource.properties(groupProperties));
  const clients = templates.ofType('AWS::Cognito::UserPoolClient').map((resource) => {
    const { UserPoolId, IdTokenValidity, TokenValidityUnits } = resource.properties(clientProperties);
    return {
      poolId: UserPoolId,
      id: resource.ref,
      idTokenMinutes: IdTokenValidity * minutes[TokenValidityUnits.IdToken],
    };
  });
  return templates.ofType('AWS::Cognito::UserPool').map((resource) => {
    const { Schema } = resource.properties(poolProperties);
    const id = resource.ref;
    return {
      id,
      arn: resource.attribute('Arn'),
      issuer: resource.attribute('ProviderURL'),
      groups: groups
        .filter(({ UserPoolId }) => UserPoolId === id)
        .map(({ GroupName, Precedence }) => ({ name: GroupName, precedence: Precedence })),
      clients: clients.filter(({ poolId }) => poolId === id),
      customAttributes: Schema.map(({ Name }) => `custom:${Name}`),
    };
  });
};

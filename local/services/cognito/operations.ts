import * as z from 'zod';
import { AwsError, type Operation } from '../aws-json.ts';
import type { Guard, Principal } from '../iam/guard.ts';
import type { UserPoolDefinition } from './definition.ts';
import type { User, Users } from './users.ts';

export interface Pool {
  readonly definition: UserPoolDefinition;
  readonly users: Users;
}

const pooled = z.object({ UserPoolId: z.string() });
const named = pooled.extend({ Username: z.string().min(1) });
const attributes = z.array(z.object({ Name: z.string(), Value: z.string().default('') }));
const created = named.extend({
  UserAttributes: attributes.default([]),
  DesiredDeliveryMediums: z.array(z.literal('EMAIL')).default(['EMAIL']),
  MessageAction: z.literal('SUPPRESS').optional(),
});
const grouped = named.extend({ GroupName: z.string() });
const changed = named.extend({ UserAttributes: attributes.min(1) });
const listed = pooled.extend({
  Limit: z.int().min(1).max(60).default(60),
  PaginationToken: z.string().regex(/^\d+$/).optional(),
});

/** Of a person that may be written besides those of the pool. */
const STANDARD = ['email', 'email_verified', 'name', 'locale'];

/**
 * What administrators do with the people of a pool. Nobody signs in here, so nobody gets a message, and the state of a
 * person stays as when they were created.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html
 */
export const userOperations = (
  pools: readonly Pool[],
  guard: Pick<Guard, 'check'>,
): Readonly<Record<string, Operation>> => {
  const poolOf = (id: string, caller: Principal, action: string): Pool => {
    const pool = pools.find(({ definition }) => definition.id === id);
    if (!pool) throw new AwsError('ResourceNotFoundException', `User pool ${id} does not exist.`);
    guard.check(caller, `cognito-idp:${action}`, pool.definition.arn);
    return pool;
  };
  /** An operation on one person. */
  const onUser =
    <Shape extends typeof named>(
      action: string,
      shape: Shape,
      work: (pool: Pool, user: User, input: z.infer<Shape>) => unknown,
    ): Operation =>
    (input, caller) => {
      const given = parsed(shape, input);
      const pool = poolOf(given.UserPoolId, caller, action);
      const user = pool.users.find(given.Username);
      if (!user) throw new AwsError('UserNotFoundException', 'User does not exist.');
      return work(pool, user, given);
    };

  return {
    AdminCreateUser: (input, caller) => {
      const { UserPoolId, Username, UserAttributes } = parsed(created, input);
      const { definition, users } = poolOf(UserPoolId, caller, 'AdminCreateUser');
      const email = Username.toLowerCase();
      if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw invalid('Username should be an email.');
      if (users.find(email)) throw new AwsError('UsernameExistsException', 'User account already exists');
      return { User: shown(users.create({ ...taken(definition, UserAttributes), email })) };
    },
    AdminGetUser: onUser('AdminGetUser', named, (_, user) => {
      const { Attributes, ...rest } = shown(user);
      return { ...rest, UserAttributes: Attributes };
    }),
    AdminUpdateUserAttributes: onUser('AdminUpdateUserAttributes', changed, ({ definition, users }, user, input) =>
      users.change(user.username, {
        attributes: { ...user.attributes, ...taken(definition, input.UserAttributes) },
      }),
    ),
    AdminAddUserToGroup: onUser('AdminAddUserToGroup', grouped, ({ definition, users }, user, { GroupName }) => {
      checkGroup(definition, GroupName);
      if (!user.groups.includes(GroupName)) users.change(user.username, { groups: [...user.groups, GroupName] });
    }),
    AdminRemoveUserFromGroup: onUser(
      'AdminRemoveUserFromGroup',
      grouped,
      ({ definition, users }, user, { GroupName }) => {
        checkGroup(definition, GroupName);
        users.change(user.username, { groups: user.groups.filter((name) => name !== GroupName) });
      },
    ),
    AdminListGroupsForUser: onUser('AdminListGroupsForUser', named, ({ definition }, user) => ({
      Groups: definition.groups
        .filter(({ name }) => user.groups.includes(name))
        .map(({ name, precedence }) => ({ GroupName: name, UserPoolId: definition.id, Precedence: precedence })),
    })),
    AdminDisableUser: onUser('AdminDisableUser', named, ({ users }, { username }) =>
      users.change(username, { enabled: false }),
    ),
    AdminEnableUser: onUser('AdminEnableUser', named, ({ users }, { username }) =>
      users.change(username, { enabled: true }),
    ),
    // Nobody has a session here that could be ended.
    AdminUserGlobalSignOut: onUser('AdminUserGlobalSignOut', named, () => ({})),
    ListUsers: (input, caller) => {
      const { UserPoolId, Limit, PaginationToken = '0' } = parsed(listed, input);
      const { users } = poolOf(UserPoolId, caller, 'ListUsers');
      const from = Number(PaginationToken);
      const page = users.all().slice(from, from + Limit);
      const more = users.all().length > from + Limit;
      return { Users: page.map(shown), ...(more && { PaginationToken: String(from + Limit) }) };
    },
  };
};

const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message);

const parsed = <Shape extends z.ZodType>(shape: Shape, input: unknown): z.infer<Shape> => {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  throw invalid(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
};

const taken = (
  { customAttributes }: UserPoolDefinition,
  given: z.infer<typeof attributes>,
): Readonly<Record<string, string>> => {
  const unknown = given.find(({ Name }) => !STANDARD.includes(Name) && !customAttributes.includes(Name));
  if (unknown)
    throw invalid(`user.${unknown.Name}: Attribute does not exist in the schema. The pool has ${customAttributes}.`);
  return Object.fromEntries(given.map(({ Name, Value }) => [Name, Value]));
};

const checkGroup = ({ groups }: UserPoolDefinition, name: string): void => {
  if (!groups.some((group) => group.name === name))
    throw new AwsError('ResourceNotFoundException', `Group not found: ${name}`);
};

const shown = ({ username, attributes: own, enabled, created: at, modified }: User) => ({
  Username: username,
  Attributes: Object.entries(own).map(([Name, Value]) => ({ Name, Value })),
  Enabled: enabled,
  UserStatus: 'FORCE_CHANGE_PASSWORD',
  UserCreateDate: at,
  UserLastModifiedDate: modified,
});

import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminUpdateUserAttributesCommand,
  AdminUserGlobalSignOutCommand,
  type AttributeType,
  CognitoIdentityProviderClient,
  paginateListUsers,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { GROUPS, type Group } from '#core/contracts/api/access';
import type { Deployment } from '../deployment.ts';

/** Somebody who may use console and API. */
export interface Person {
  readonly email: string;
  /** Undefined: of none, who may see nothing. */
  readonly group: Group | undefined;
  /** Names, or `*` alone for all. */
  readonly facilities: readonly string[];
  readonly enabled: boolean;
  /** As Cognito has it: `FORCE_CHANGE_PASSWORD` until the first sign-in, then `CONFIRMED`. */
  readonly status: string;
}

const FACILITIES = 'custom:facilities';

/** The people of the deployment's user pool. */
export const userPool = ({ output, clientConfig }: Deployment) => {
  const client = new CognitoIdentityProviderClient(clientConfig('COGNITO_IDENTITY_PROVIDER'));
  const UserPoolId = output('Api', 'UserPoolId');

  const groupsOf = async (Username: string): Promise<readonly string[]> => {
    const { Groups = [] } = await client.send(new AdminListGroupsForUserCommand({ UserPoolId, Username }));
    return Groups.map(({ GroupName }) => GroupName!);
  };
  const personOf = async (
    username: string,
    attributes: readonly AttributeType[],
    { enabled = true, status = '' }: { readonly enabled?: boolean | undefined; readonly status?: string | undefined },
  ): Promise<Person> => {
    const value = (name: string) => attributes.find(({ Name }) => Name === name)?.Value ?? '';
    const named = await groupsOf(username);
    return {
      email: value('email'),
      group: GROUPS.findLast((group) => named.includes(group)),
      facilities: value(FACILITIES)
        .split(' ')
        .filter((name) => name !== ''),
      enabled,
      status,
    };
  };

  return {
    find: async (email: string): Promise<Person | undefined> => {
      try {
        const found = await client.send(new AdminGetUserCommand({ UserPoolId, Username: email }));
        const { Username, UserAttributes = [], Enabled: enabled, UserStatus: status } = found;
        return await personOf(Username!, UserAttributes, { enabled, status });
      } catch (error) {
        if (error instanceof UserNotFoundException) return undefined;
        throw error;
      }
    },

    list: async (): Promise<readonly Person[]> => {
      const people: Person[] = [];
      for await (const { Users = [] } of paginateListUsers({ client }, { UserPoolId }))
        for (const { Username, Attributes = [], Enabled: enabled, UserStatus: status } of Users)
          people.push(await personOf(Username!, Attributes, { enabled, status }));
      return people.sort((a, b) => (a.email < b.email ? -1 : 1));
    },

    /** Cognito sends them a message with a password for the first time. */
    add: async (email: string, facilities: readonly string[]): Promise<void> => {
      await client.send(
        new AdminCreateUserCommand({
          UserPoolId,
          Username: email,
          DesiredDeliveryMediums: ['EMAIL'],
          UserAttributes: [
            { Name: 'email', Value: email },
            { Name: 'email_verified', Value: 'true' },
            { Name: FACILITIES, Value: facilities.join(' ') },
          ],
        }),
      );
    },

    setFacilities: async (email: string, facilities: readonly string[]): Promise<void> => {
      await client.send(
        new AdminUpdateUserAttributesCommand({
          UserPoolId,
          Username: email,
          UserAttributes: [{ Name: FACILITIES, Value: facilities.join(' ') }],
        }),
      );
    },

    /** Of this group and of no other. Out of the others first: nobody is more than they are to be, not even in between. */
    setGroup: async (email: string, group: Group): Promise<void> => {
      const had = await groupsOf(email);
      for (const GroupName of had.filter((name) => name !== group))
        await client.send(new AdminRemoveUserFromGroupCommand({ UserPoolId, Username: email, GroupName }));
      if (!had.includes(group))
        await client.send(new AdminAddUserToGroupCommand({ UserPoolId, Username: email, GroupName: group }));
    },

    /** Signs them out everywhere too; a token that they have holds until it ends, at most an hour. */
    disable: async (email: string): Promise<void> => {
      await client.send(new AdminDisableUserCommand({ UserPoolId, Username: email }));
      await client.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username: email }));
    },

    enable: async (email: string): Promise<void> => {
      await client.send(new AdminEnableUserCommand({ UserPoolId, Username: email }));
    },
  };
};

export type UserPool = ReturnType<typeof userPool>;

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminUpdateUserAttributesCommand,
  CognitoIdentityProviderClient,
  paginateListUsers,
} from '@aws-sdk/client-cognito-identity-provider';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/services/aws-json.ts';
import { startCognito } from '../../local/services/cognito.ts';
import { type Guard, openGuard } from '../../local/services/iam/guard.ts';
import { afterTest, temporaryFolder } from './temporary.ts';
import { USER_POOL } from './user-pool.ts';

const UserPoolId = USER_POOL.id;

const start = async ({ dataDir = temporaryFolder(), guard = openGuard as Guard, now = Date.now } = {}) => {
  const cognito = await startCognito({ dataDir, pools: [USER_POOL], guard, now });
  afterTest(() => cognito.stop());
  const client = new CognitoIdentityProviderClient({
    region: 'us-east-1',
    endpoint: cognito.endpoint,
    credentials: { accessKeyId: 'ANYBODY', secretAccessKey: 'anything', sessionToken: 'anything' },
    maxAttempts: 1,
  });
  afterTest(() => client.destroy());
  return { cognito, client, dataDir };
};

const add = (client: CognitoIdentityProviderClient, email: string, facilities = '7953') =>
  client.send(
    new AdminCreateUserCommand({
      UserPoolId,
      Username: email,
      UserAttributes: [
        { Name: 'email', Value: email },
        { Name: 'custom:facilities', Value: facilities },
      ],
    }),
  );

describe('people of the pool', () => {
  it('are added with their facilities, found by their address, and put into groups', async () => {
    const { client } = await start();
    const { User } = await add(client, 'Jane@plant.example', '7953 880');
    expect(User?.Username).toMatch(/^[0-9a-f-]{36}$/);
    const named = { UserPoolId, Username: 'jane@plant.example' };
    expect(await client.send(new AdminGetUserCommand(named))).toMatchObject({
      Username: User!.Username,
      Enabled: true,
      UserStatus: 'FORCE_CHANGE_PASSWORD',
      UserAttributes: expect.arrayContaining([{ Name: 'custom:facilities', Value: '7953 880' }]),
    });
    await client.send(new AdminAddUserToGroupCommand({ ...named, GroupName: 'viewer' }));
    await client.send(new AdminAddUserToGroupCommand({ ...named, GroupName: 'engineer' }));
    await client.send(new AdminRemoveUserFromGroupCommand({ ...named, GroupName: 'viewer' }));
    const { Groups } = await client.send(new AdminListGroupsForUserCommand(named));
    expect(Groups?.map(({ GroupName }) => GroupName)).toEqual(['engineer']);
  });

  it('are there after a restart, changed and disabled as they were', async () => {
    const { client, dataDir, cognito } = await start();
    await add(client, 'jane@plant.example');
    const named = { UserPoolId, Username: 'jane@plant.example' };
    const UserAttributes = [{ Name: 'custom:facilities', Value: '*' }];
    await client.send(new AdminUpdateUserAttributesCommand({ ...named, UserAttributes }));
    await client.send(new AdminDisableUserCommand(named));
    await cognito.stop();
    const again = await start({ dataDir });
    expect(await again.client.send(new AdminGetUserCommand(named))).toMatchObject({
      Enabled: false,
      UserAttributes: expect.arrayContaining(UserAttributes),
    });
  });

  it('are listed page by page', async () => {
    const { client } = await start();
    for (let i = 0; i < 5; i++) await add(client, `p${i}@plant.example`);
    const pages: number[] = [];
    for await (const { Users = [] } of paginateListUsers({ client, pageSize: 2 }, { UserPoolId }))
      pages.push(Users.length);
    expect(pages).toEqual([2, 2, 1]);
  });

  it.each([
    ['the same address twice', () => 'jane@plant.example', 'UsernameExistsException'],
    ['something that is no address', () => 'jane', 'InvalidParameterException'],
  ])('cannot be added with %s', async (_, email, name) => {
    const { client } = await start();
    await add(client, 'jane@plant.example');
    await expect(add(client, email())).rejects.toMatchObject({ name });
  });

  it('have no attribute and are in no group that the pool does not have', async () => {
    const { client } = await start();
    await add(client, 'jane@plant.example');
    const named = { UserPoolId, Username: 'jane@plant.example' };
    const UserAttributes = [{ Name: 'custom:role', Value: 'admin' }];
    await expect(client.send(new AdminUpdateUserAttributesCommand({ ...named, UserAttributes }))).rejects.toMatchObject(
      { name: 'InvalidParameterException' },
    );
    await expect(client.send(new AdminAddUserToGroupCommand({ ...named, GroupName: 'owner' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(
      client.send(new AdminGetUserCommand({ UserPoolId, Username: 'nobody@plant.example' })),
    ).rejects.toMatchObject({ name: 'UserNotFoundException' });
  });

  it('are added by nobody whom the policies do not let', async () => {
    const asked: string[] = [];
    const guard: Guard = {
      ...openGuard,
      check: (_, action, resource) => {
        asked.push(`${action} ${resource}`);
        throw new AwsError('AccessDeniedException', 'not authorized');
      },
    };
    const { client } = await start({ guard });
    await expect(add(client, 'jane@plant.example')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(asked).toEqual([`cognito-idp:AdminCreateUser ${USER_POOL.arn}`]);
  });
});

describe('the development login', () => {
  const jane = { group: 'engineer', facilities: ['7953', '880'], name: 'Jane Doe' };

  it('gives an ID token with the claims of Cognito, good for as long as the client says', async () => {
    const { cognito } = await start({ now: () => Date.UTC(2026, 0, 1) });
    const token = await cognito.developmentToken(jane);
    const seconds = Date.UTC(2026, 0, 1) / 1000;
    expect(decodeJwt(token)).toEqual({
      iss: USER_POOL.issuer,
      aud: 'console',
      token_use: 'id',
      sub: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      'cognito:username': expect.any(String),
      'cognito:groups': ['engineer'],
      'custom:facilities': '7953 880',
      email: 'jane.doe@development.invalid',
      email_verified: true,
      name: 'Jane Doe',
      auth_time: seconds,
      iat: seconds,
      exp: seconds + 3600,
    });
    expect(decodeJwt(await cognito.developmentToken(jane)).sub).toBe(decodeJwt(token).sub);
  });

  it('is signed by the pool’s key, which is published, kept over a restart, and readable by its owner only', async () => {
    const { cognito, dataDir } = await start();
    const token = await cognito.developmentToken(jane);
    const { keys } = cognito.keySetOf(USER_POOL.issuer);
    expect(keys).toEqual([
      expect.objectContaining({ kty: 'RSA', kid: decodeProtectedHeader(token).kid, alg: 'RS256' }),
    ]);
    expect(keys[0]).not.toHaveProperty('d');
    await cognito.stop();
    const again = await start({ dataDir });
    await expect(jwtVerify(token, again.cognito.keysOf(USER_POOL.issuer))).resolves.toBeDefined();
    for (const name of readdirSync(dataDir))
      expect([name, statSync(join(dataDir, name)).mode & 0o077]).toEqual([name, 0]);
    expect(readFileSync(join(dataDir, `${USER_POOL.id}.pem`), 'utf8')).toContain('PRIVATE KEY');
  });

  it('knows no group and no issuer but those of the pool', async () => {
    const { cognito } = await start();
    await expect(cognito.developmentToken({ ...jane, group: 'owner' })).rejects.toThrow(
      'group "owner" is not one of admin, engineer, operator, viewer',
    );
    expect(() => cognito.keysOf('https://evil.example')).toThrow('nobody here issues tokens as https://evil.example');
  });
});

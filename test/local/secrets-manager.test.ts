import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openGuard } from '../../local/services/iam/guard.ts';
import { generateSecretString } from '../../local/services/secrets-manager/generate-secret.ts';
import type { SecretDeclaration } from '../../local/services/secrets-manager/secret-store.ts';
import { startSecretsManager } from '../../local/services/secrets-manager.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const SECRET: SecretDeclaration = {
  arn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:emissionwatch/owner-AbCdEf',
  name: 'emissionwatch/owner',
  generate: {
    SecretStringTemplate: '{"username":"emissionwatch_owner"}',
    GenerateStringKey: 'password',
    PasswordLength: 30,
    ExcludeCharacters: '"@/\\ \'',
  },
};

const open = async (dataDir = temporaryFolder(), secrets = [SECRET]) => {
  const service = await startSecretsManager({ guard: openGuard, dataDir, secrets });
  const client = new SecretsManagerClient({
    endpoint: service.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  afterTest(async () => {
    client.destroy();
    await service.stop();
  });
  return { service, client, dataDir };
};

describe('Secrets Manager', () => {
  it.each([
    ['its ARN', SECRET.arn],
    ['its name', SECRET.name],
    ['its ARN without the random end', SECRET.arn.slice(0, -7)],
  ])('returns a secret by %s', async (_, SecretId) => {
    const { client, service } = await open();
    const { SecretString, ARN, Name, VersionStages } = await client.send(new GetSecretValueCommand({ SecretId }));
    expect({ ARN, Name, VersionStages }).toEqual({ ARN: SECRET.arn, Name: SECRET.name, VersionStages: ['AWSCURRENT'] });
    expect(JSON.parse(SecretString!)).toEqual(service.credentialsOf(SECRET.arn));
    expect(service.credentialsOf(SECRET.arn)).toMatchObject({ username: 'emissionwatch_owner' });
  });

  it('describes a secret without its value', async () => {
    const { client, service } = await open();
    const described = await client.send(new DescribeSecretCommand({ SecretId: SECRET.name }));
    expect(described).toMatchObject({ ARN: SECRET.arn, Name: SECRET.name });
    expect(described.CreatedDate).toBeInstanceOf(Date);
    expect(JSON.stringify(described)).not.toContain(service.credentialsOf(SECRET.arn)!.password);
  });

  it('says that a secret does not exist', async () => {
    const { client } = await open();
    const missing = client.send(new GetSecretValueCommand({ SecretId: 'other' }));
    await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('keeps the values in a file that only its owner may read, and has the same ones at the next start', async () => {
    const { service, dataDir } = await open();
    const file = join(dataDir, 'secrets.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await open(dataDir);
    expect(again.service.valueOf(SECRET.arn)).toBe(service.valueOf(SECRET.arn));
    expect(readFileSync(file, 'utf8')).toContain('AbCdEf');
  });

  it('makes a new value when the template asks for another kind of password', async () => {
    const { service, dataDir } = await open();
    const longer = { ...SECRET, generate: { ...SECRET.generate, PasswordLength: 40 } };
    const again = await open(dataDir, [longer]);
    expect(again.service.credentialsOf(SECRET.arn)?.password).toHaveLength(40);
    expect(service.credentialsOf(SECRET.arn)?.password).toHaveLength(30);
  });

  it('has no credentials in a secret that is a bare password', async () => {
    const { service } = await open(undefined, [{ ...SECRET, generate: { PasswordLength: 12 } }]);
    expect(service.valueOf(SECRET.arn)).toHaveLength(12);
    expect(service.credentialsOf(SECRET.arn)).toBeUndefined();
  });
});

describe('GenerateSecretString', () => {
  const flag = fc.boolean();
  const rule = fc.record({
    PasswordLength: fc.integer({ min: 5, max: 100 }),
    ExcludeCharacters: fc.string(),
    ExcludeLowercase: flag,
    ExcludeUppercase: flag,
    ExcludeNumbers: flag,
    ExcludePunctuation: flag,
    IncludeSpace: flag,
  });
  const TYPES = { ExcludeLowercase: /[a-z]/, ExcludeUppercase: /[A-Z]/, ExcludeNumbers: /\d/ };

  it('has the length asked for and nothing that is excluded', () => {
    fc.assert(
      fc.property(rule, (options) => {
        fc.pre(!options.ExcludeLowercase || !options.ExcludeNumbers);
        fc.pre(!/[a-z]|\d/.test(options.ExcludeCharacters));
        const password = generateSecretString(options);
        expect(password).toHaveLength(options.PasswordLength);
        for (const char of options.ExcludeCharacters) expect(password).not.toContain(char);
        for (const [name, pattern] of Object.entries(TYPES)) {
          if (options[name as keyof typeof TYPES]) expect(password).not.toMatch(pattern);
        }
        if (options.ExcludePunctuation) expect(password).toMatch(/^[A-Za-z0-9 ]*$/);
      }),
    );
  });

  it('has one character of each type that is included', () => {
    for (let draw = 0; draw < 50; draw += 1) {
      const password = generateSecretString({ PasswordLength: 5, IncludeSpace: true });
      for (const type of [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9 ]/, / /]) expect(password).toMatch(type);
    }
  });

  it('refuses a rule that leaves no character, or no room for one of each type', () => {
    const none = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true };
    expect(() => generateSecretString(none)).toThrow(/excludes every character/);
    expect(() => generateSecretString({ PasswordLength: 3 })).toThrow(/3 characters/);
  });
});

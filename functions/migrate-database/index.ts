import { readdirSync, readFileSync } from 'node:fs';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { answerCloudFormation } from '#adapters/cloudformation-answer';
import { env } from '#adapters/env';
import { ownDatabase } from '#adapters/own-database';
import type { MigrateDatabaseEnv } from './env.ts';
import { makeHandler } from './handler.ts';
import type { RoleLogin } from './migrate.ts';

const setting = env<MigrateDatabaseEnv>;
const folder = new URL('./migrations/', import.meta.url);
const secrets = new SecretsManagerClient({});
const roleSecrets = [
  setting('VALIDATE_MEASUREMENTS_SECRET_ARN'),
  setting('CALCULATE_EMISSIONS_SECRET_ARN'),
  setting('CHECK_COMPLIANCE_SECRET_ARN'),
  setting('OPERATOR_SECRET_ARN'),
  setting('VERIFY_CONTINUITY_SECRET_ARN'),
  setting('RAISE_ALARMS_SECRET_ARN'),
  setting('REPORT_QUARTER_SECRET_ARN'),
  setting('SERVE_API_SECRET_ARN'),
];

const roleLogin = async (SecretId: string): Promise<RoleLogin> => {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  return JSON.parse(SecretString!) as RoleLogin;
};

export const handler = makeHandler({
  database: ownDatabase(),
  migrations: readdirSync(folder).map((name) => ({ name, sql: readFileSync(new URL(name, folder), 'utf8') })),
  roles: () => Promise.all(roleSecrets.map(roleLogin)),
  answer: answerCloudFormation,
});

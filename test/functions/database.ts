import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { type Database, dataApi } from '#adapters/data-api';
import { migrate } from '../../functions/migrate-database/migrate.ts';
import { createDatabase } from '../../local/services/data-api/create-database.ts';
import { startDataApi } from '../../local/services/data-api.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import { startPostgres } from '../../local/services/postgres.ts';

const FOLDER = 'functions/migrate-database/migrations';
export const MIGRATIONS = readdirSync(FOLDER).map((name) => ({ name, sql: readFileSync(join(FOLDER, name), 'utf8') }));
export const ROLES = [
  'validate_measurements',
  'calculate_emissions',
  'check_compliance',
  'verify_continuity',
  'raise_alarms',
  'report_quarter',
  'serve_api',
  'operator',
] as const;
export type Role = (typeof ROLES)[number] | 'owner';

/**
 * A real PostgreSQL behind the Data API, migrated, with a connection for each role of the deployment.
 * @param migrations those of an older release, to test an upgrade
 */
export const testDatabase = async (migrations = MIGRATIONS) => {
  const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-test-'));
  chmodSync(folder, 0o755);
  const postgres = await startPostgres({ dataDir: folder, log: () => {} });
  const login = (role: Role) => ({ username: role, password: `password of ${role}` });
  const secrets = new Map([...ROLES, 'owner' as const].map((role) => [`arn:secret:${role}`, login(role)]));
  await createDatabase({ postgres, database: 'emissionwatch', owner: login('owner') });
  const clusterArn = 'arn:aws:rds:us-east-1:000000000000:cluster:test';
  const api = await startDataApi({
    postgres,
    clusters: [{ arn: clusterArn, database: 'emissionwatch' }],
    secretValue: (arn) => secrets.get(arn),
    guard: openGuard,
  });
  const client = new RDSDataClient({
    endpoint: api.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const as = (role: Role): Database =>
    dataApi({ clusterArn, secretArn: `arn:secret:${role}`, database: 'emissionwatch' }, client);
  await migrate(as('owner'), migrations, ROLES.map(login));
  return {
    as,
    login,
    /** For clients of another process. */
    address: { endpoint: api.endpoint, clusterArn, database: 'emissionwatch' },
    empty: () =>
      as('owner').execute(
        `truncate facility, source, facility_clock, minute, dirty_hour, hour, unpublished_hour, compliance_record,
          quarantine, declared_outage, continuity_checked, continuity_gap, resend_request, exceedance, alarm, alarm_setting,
          notice, report restart identity`,
      ),
    stop: async () => {
      client.destroy();
      await api.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

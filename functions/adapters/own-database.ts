import { type Database, dataApi, dataApiClient } from './data-api.ts';
import { countDatabaseErrors } from './database-errors.ts';
import { env } from './env.ts';

/** Settings of a function that uses the database. */
export type DatabaseEnv = 'DATABASE_CLUSTER_ARN' | 'DATABASE_SECRET_ARN' | 'DATABASE_NAME';

/** The database as the role that the function logs in with. */
export const ownDatabase = (): Database => {
  const setting = env<DatabaseEnv>;
  return dataApi(
    {
      clusterArn: setting('DATABASE_CLUSTER_ARN'),
      secretArn: setting('DATABASE_SECRET_ARN'),
      database: setting('DATABASE_NAME'),
    },
    countDatabaseErrors(dataApiClient()),
  );
};

import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { type Database, dataApi } from '#adapters/data-api';
import type { LocalCloud } from './cloud.ts';

/** The database as the owner of its schema, with the credentials of this machine's runner, through the Data API. */
export const runnerDatabase = ({
  endpoints,
  runner,
  database: { clusterArn, ownerSecretArn, name },
}: Pick<LocalCloud, 'endpoints' | 'runner' | 'database'>): Database =>
  dataApi(
    { clusterArn, secretArn: ownerSecretArn, database: name },
    new RDSDataClient({ endpoint: endpoints.rdsData, region: 'us-east-1', credentials: runner }),
  );

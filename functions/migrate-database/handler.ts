import middy from '@middy/core';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import type { Database } from '#adapters/data-api';
import { observed } from '#adapters/observed';
import { type Migration, migrate, type RoleLogin } from './migrate.ts';

export interface MigrateDatabase {
  readonly database: Database;
  readonly migrations: readonly Migration[];
  readonly roles: () => Promise<readonly RoleLogin[]>;
  /** Tells CloudFormation how it went. */
  readonly answer: (url: string, body: string) => Promise<void>;
}

/**
 * A custom resource of the deployment: nothing that uses the database is updated before its schema is. Deleting the
 * stack leaves the database as it is, and a rollback never goes back in the schema: old code must run with the new one.
 */
export const makeHandler = ({ database, migrations, roles, answer }: MigrateDatabase) => {
  const { logger, middleware } = observed('migrate-database');

  const handle = async (event: CloudFormationCustomResourceEvent) => {
    const { RequestType, ResponseURL, StackId, RequestId, LogicalResourceId } = event;
    const outcome = async (): Promise<{ Status: 'SUCCESS' } | { Status: 'FAILED'; Reason: string }> => {
      try {
        if (RequestType !== 'Delete')
          logger.info('migrated', { applied: await migrate(database, migrations, await roles()) });
        return { Status: 'SUCCESS' };
      } catch (error) {
        logger.error('migration failed', error as Error);
        return { Status: 'FAILED', Reason: (error as Error).message };
      }
    };
    const body = { ...(await outcome()), StackId, RequestId, LogicalResourceId, PhysicalResourceId: 'schema' };
    await answer(ResponseURL, JSON.stringify(body));
  };

  return middy<CloudFormationCustomResourceEvent>().use(middleware[0]!).handler(handle);
};

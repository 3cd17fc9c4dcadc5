import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { RDSDataClient } from '@aws-sdk/client-rds-data';

/** Answers that tell of a statement and not of the database. */
const OF_THE_STATEMENT: ReadonlySet<string> = new Set([
  'BadRequestException',
  'DatabaseErrorException',
  'TransactionNotFoundException',
  'UnsupportedResultException',
]);

/**
 * Counts calls that the Data API refused or did not answer, after the client has tried them again; in one metric for
 * all functions, so that one alarm can ask for it.
 */
export const countDatabaseErrors = (client: RDSDataClient): RDSDataClient => {
  const metrics = new Metrics({ namespace: 'EmissionWatch', serviceName: 'database' });
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (!OF_THE_STATEMENT.has((error as Error).name))
          metrics.singleMetric().addMetric('DatabaseErrors', MetricUnit.Count, 1);
        throw error;
      }
    },
    { step: 'initialize', name: 'countDatabaseErrors' },
  );
  return client;
};

import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';

export { MetricUnit };

/**
 * JSON logs and EMF metrics of one function. Metrics carry no facility or source as a dimension: each combination
 * would be billed as a metric of its own.
 */
export const observed = (serviceName: string) => {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ namespace: 'EmissionWatch', serviceName });
  return {
    logger,
    metrics,
    middleware: [injectLambdaContext(logger), logMetrics(metrics, { throwOnEmptyMetrics: false })],
  };
};

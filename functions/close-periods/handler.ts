import middy from '@middy/core';
import { MetricUnit, observed } from '#adapters/observed';
import { type Recompute, recomputeHours } from '#core/hour/recompute-hours';

/** Computes and publishes what nobody else did: hours of silent facilities, and what an interrupted invocation left. */
export const makeHandler = (recompute: Recompute) => {
  const { logger, metrics, middleware } = observed('close-periods');

  const handle = async () => {
    const { hours, failed } = await recomputeHours(recompute, 'all');
    metrics.addMetric('HoursClosed', MetricUnit.Count, hours);
    for (const [facility, error] of failed) logger.error('hours not computed', { facility, error });
    if (failed.size > 0)
      throw new AggregateError([...failed.values()], `hours of ${[...failed.keys()].join(', ')} were not computed`);
  };

  return middy().use(middleware).handler(handle);
};

import middy from '@middy/core';
import { MetricUnit, observed } from '#adapters/observed';
import { IDLE_MINUTES, type Recompute, recomputeFacility } from '#core/hour/recompute-facility';

/** Computes and publishes what nobody else did: hours of silent facilities, and what an interrupted invocation left. */
export const makeHandler = (recompute: Recompute) => {
  const { logger, metrics, middleware } = observed('close-periods');

  const handle = async () => {
    const failed: unknown[] = [];
    let closed = 0;
    for (const facility of await recompute.hours.dueFacilities('all', IDLE_MINUTES)) {
      try {
        closed += await recomputeFacility(recompute, facility);
      } catch (error) {
        // One facility's trouble must not keep the others' hours open; the invocation still fails in the end.
        logger.error('facility not recomputed', { facility, error: error as Error });
        failed.push(error);
      }
    }
    metrics.addMetric('HoursClosed', MetricUnit.Count, closed);
    if (failed.length > 0) throw new AggregateError(failed, `${failed.length} facilities were not recomputed`);
  };

  return middy().use(middleware).handler(handle);
};

import middy from '@middy/core';
import { MetricUnit, observed } from '#adapters/observed';
import { type ContinuityReport, GAP_CLASSES } from '#core/contracts/continuity-report';
import type { Refusal } from '#core/contracts/refusal';
import type { Certify } from './certify.ts';
import { checkOnRequest } from './check-on-request.ts';
import type { ExamineFacility } from './examine.ts';
import { RequestRefusedError } from './refusal.ts';
import { type RegularResult, regularCheck } from './regular-check.ts';

export interface VerifyContinuity extends ExamineFacility, Certify {
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
}

/** Proves that every minute is there, or says which are not and why: of what is new by schedule, of a range on request. */
export const makeHandler = (parts: VerifyContinuity) => {
  const { logger, metrics, middleware } = observed('verify-continuity');

  const tell = (result: RegularResult) => {
    for (const name of GAP_CLASSES) {
      const single = metrics.singleMetric();
      single.addDimension('class', name);
      single.addMetric('GapMinutes', MetricUnit.Count, result.gapMinutes[name]);
    }
    metrics.addMetric('FacilitiesOffline', MetricUnit.Count, result.facilitiesOffline);
    metrics.addMetric('ResendsRequested', MetricUnit.Count, result.asked);
  };

  const handle = async (event: unknown): Promise<ContinuityReport | Refusal | undefined> => {
    const now = parts.now();
    if (isRequest(event)) {
      metrics.addMetric('ContinuityRequests', MetricUnit.Count, 1);
      return checkOnRequest(parts, event, new Date(now)).catch((error: unknown) => {
        if (error instanceof RequestRefusedError) return { refused: error.message };
        throw error;
      });
    }
    const result = await regularCheck(parts, Math.floor(now / 60_000));
    tell(result);
    for (const [facility, error] of result.failed) logger.error('continuity not checked', { facility, error });
    if (result.failed.size > 0)
      throw new AggregateError(
        [...result.failed.values()],
        `continuity of ${[...result.failed.keys()].join(', ')} was not checked`,
      );
    return undefined;
  };

  return middy<unknown, ContinuityReport | Refusal | undefined>().use(middleware).handler(handle);
};

/** A schedule's event has no range. */
const isRequest = (event: unknown): boolean => typeof event === 'object' && event !== null && 'range' in event;

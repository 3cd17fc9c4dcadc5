import middy from '@middy/core';
import type { ListedFacility } from '#adapters/data-api-facilities';
import type { QuarterStore } from '#adapters/data-api-quarter';
import type { ReportStore } from '#adapters/data-api-reports';
import { MetricUnit, observed } from '#adapters/observed';
import type { ReportMachine } from '#adapters/sfn-reports';
import { quarterName } from '#core/report/names';
import { quarterBefore, quarterHours } from '#core/report/quarter';

export interface StartReports {
  /** Every facility. */
  readonly facilities: () => Promise<readonly Pick<ListedFacility, 'facility' | 'utcOffsetMinutes'>[]>;
  readonly store: Pick<QuarterStore, 'facilityHasHours'>;
  readonly reports: Pick<ReportStore, 'newest'>;
  readonly machine: Pick<ReportMachine, 'start'>;
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
}

/** For the last hours to arrive, to be computed and looked at. */
const AFTER_HOURS = 48;
const HOUR_MS = 3_600_000;
const STARTED_BY = 'schedule';

/**
 * Once a day: has the report of the last quarter made for every facility that has something stored of it and no report
 * yet. What fails for one facility does not keep the others from theirs.
 */
export const makeHandler = ({ facilities, store, reports, machine, now }: StartReports) => {
  const { logger, metrics, middleware } = observed('start-reports');

  const startOf = async ({ facility, utcOffsetMinutes }: Pick<ListedFacility, 'facility' | 'utcOffsetMinutes'>) => {
    const quarter = quarterBefore(Math.floor(now() / HOUR_MS) - AFTER_HOURS, utcOffsetMinutes);
    if (await reports.newest(facility, quarter.year, quarter.quarter)) return;
    const { from, until } = quarterHours(quarter, utcOffsetMinutes);
    if (!(await store.facilityHasHours(facility, { from, until }))) return;
    const { execution } = await machine.start(reports, { facility, ...quarter }, STARTED_BY);
    metrics.addMetric('ReportsStarted', MetricUnit.Count, 1);
    logger.info('report started', { facility, quarter: quarterName(quarter), execution });
  };

  const handle = async (): Promise<void> => {
    const failed = new Map<string, unknown>();
    for (const facility of await facilities())
      await startOf(facility).catch((error: unknown) => {
        failed.set(facility.facility, error);
        logger.error('report not started', { facility: facility.facility, error: error as Error });
      });
    if (failed.size > 0)
      throw new AggregateError([...failed.values()], `reports of ${[...failed.keys()].join(', ')} were not started`);
  };

  return middy<unknown, void>().use(middleware).handler(handle);
};

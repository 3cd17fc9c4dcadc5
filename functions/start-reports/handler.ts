import middy from '@middy/core';
import type { ListedFacility } from '#adapters/data-api-facilities';
import type { QuarterStore } from '#adapters/data-api-quarter';
import type { ReportStore, RunningReport } from '#adapters/data-api-reports';
import { MetricUnit, observed } from '#adapters/observed';
import type { ReportMachine } from '#adapters/sfn-reports';
import { quarterName } from '#core/report/names';
import { quarterBefore, quarterHours } from '#core/report/quarter';

export interface StartReports {
  /** Every facility. */
  readonly facilities: () => Promise<readonly Pick<ListedFacility, 'facility' | 'utcOffsetMinutes'>[]>;
  readonly store: Pick<QuarterStore, 'facilityHasHours'>;
  readonly reports: Pick<ReportStore, 'newest' | 'runningSince' | 'markFailed'>;
  readonly machine: Pick<ReportMachine, 'start' | 'stateOf'>;
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
}

/** For the last hours to arrive, to be computed and looked at. */
const AFTER_HOURS = 48;
/** Longer than an execution may take. */
const GIVEN_UP_AFTER_HOURS = 7;
const HOUR_MS = 3_600_000;
const LONGEST_FAILURE = 1000;
const STARTED_BY = 'schedule';

/**
 * Once a day: has the report of the last quarter made for every facility that has something stored of it and no report
 * yet; and marks failed the reports whose executions have ended without a word, since one that was stopped or took too
 * long cannot say so itself. What fails for one facility does not keep the others from theirs.
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

  const giveUp = async ({ execution, ...report }: RunningReport): Promise<void> => {
    const now = await machine.stateOf(execution);
    if (now.state === 'running') return;
    const why = now.state === 'failed' ? now.cause : 'it has succeeded';
    // Of one that has been archived meanwhile this changes nothing.
    await reports.markFailed(execution, `its execution ended without a result: ${why}`.slice(0, LONGEST_FAILURE));
    const { facility, revision } = report;
    logger.warn('report given up', { facility, quarter: quarterName(report), revision, execution, why });
  };

  const handle = async (): Promise<void> => {
    const failures = new Map<string, unknown>();
    const attempt = async (what: string, facility: string, work: Promise<void>): Promise<void> => {
      try {
        await work;
      } catch (error) {
        failures.set(facility, error);
        logger.error(what, { facility, error: error as Error });
      }
    };
    const before = new Date(now() - GIVEN_UP_AFTER_HOURS * HOUR_MS).toISOString();
    for (const report of await reports.runningSince(before))
      await attempt('report not given up', report.facility, giveUp(report));
    for (const facility of await facilities())
      await attempt('report not started', facility.facility, startOf(facility));
    if (failures.size > 0)
      throw new AggregateError(
        [...failures.values()],
        `reports of ${[...failures.keys()].join(', ')} were not seen to`,
      );
  };

  return middy<unknown, void>().use(middleware).handler(handle);
};

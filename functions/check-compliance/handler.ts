import middy from '@middy/core';
import type { KinesisStreamEvent } from 'aws-lambda';
import * as z from 'zod';
import { MetricUnit, observed } from '#adapters/observed';
import { evaluateLimit } from '#core/compliance/evaluate-limit';
import { limitsInRange, unlimitedHours } from '#core/compliance/limits';
import type { SourcePlan } from '#core/contracts/monitoring-plan';
import type { CheckedRange, ComplianceStore, HourRange, OperatingHour, PlannedFacility, PlanStore } from '#core/ports';
import { hourOfText } from '#core/time';
import { isOver, keepRuns } from './keep-runs.ts';

export interface CheckCompliance {
  readonly plans: PlanStore;
  readonly compliance: ComplianceStore;
}

/** All that is read of a record: which hour may have changed. What it says is read from the database, where it is never stale. */
const changedHour = z.object({ facility: z.string(), source: z.string(), hour: z.string() });

/** Evaluates every limit over every window that contains an hour of the batch. */
export const makeHandler = ({ plans, compliance }: CheckCompliance) => {
  const { metrics, middleware } = observed('check-compliance');

  const handle = async (event: KinesisStreamEvent) => {
    const ranges = changedRanges(event);
    const wanted: WantedHours[] = [];
    for (const [facility, sources] of ranges) {
      const planned = await plans.planOf(facility);
      if (!planned) throw new Error(`facility ${facility} has hours but no monitoring plan`);
      wanted.push(...sources.flatMap((range) => wantedHours(planned, range)));
    }
    let records = 0;
    let exceeded = 0;
    let worst: number | undefined;
    let runs = { found: 0, retracted: 0 };
    if (wanted.length > 0)
      await compliance.withFacilities([...ranges.keys()], async (locked) => {
        const hours = await locked.operatingHours(wanted);
        const checked = wanted.map((range) => ({ ...range, ...checkRange(range, hours.get(range.sourceId) ?? []) }));
        const runsMayChange = await locked.replaceRecords(checked);
        if (runsMayChange || checked.some((range) => range.records.some(isOver)))
          runs = await keepRuns(locked, checked);
        records = checked.reduce((sum, range) => sum + range.records.length, 0);
        exceeded = checked.reduce((sum, range) => sum + range.records.filter(isOver).length, 0);
        worst = worstShare(checked);
      });
    metrics.addMetric('WindowsChecked', MetricUnit.Count, records);
    metrics.addMetric('ExceedancesFound', MetricUnit.Count, runs.found);
    metrics.addMetric('ExceedancesRetracted', MetricUnit.Count, runs.retracted);
    metrics.addMetric('WindowsExceeded', MetricUnit.Count, exceeded);
    if (worst !== undefined) metrics.addMetric('WorstShare', MetricUnit.Percent, worst);
    return { batchItemFailures: [] };
  };

  return middy<KinesisStreamEvent>().use(middleware).handler(handle);
};

/** The greatest share of its limit that the average of a window has, in percent; undefined without any average. */
const worstShare = (ranges: readonly CheckedRange[]): number | undefined => {
  const shares = ranges.flatMap(({ records }) =>
    records.flatMap(({ average, limit }) => (average === null ? [] : (100 * Number(average)) / Number(limit))),
  );
  return shares.length === 0 ? undefined : shares.reduce((a, b) => Math.max(a, b));
};

interface ChangedRange {
  readonly source: string;
  readonly from: number;
  readonly to: number;
}

const changedRanges = (event: KinesisStreamEvent): Map<string, ChangedRange[]> => {
  const ranges = new Map<string, Map<string, ChangedRange>>();
  for (const { kinesis } of event.Records) {
    const { facility, source, hour } = changedHour.parse(
      JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')),
    );
    const at = hourOfText(hour);
    const sources = ranges.get(facility) ?? new Map<string, ChangedRange>();
    ranges.set(facility, sources);
    const known = sources.get(source);
    sources.set(source, { source, from: Math.min(at, known?.from ?? at), to: Math.max(at, known?.to ?? at) });
  }
  return new Map([...ranges].map(([facility, sources]) => [facility, [...sources.values()]]));
};

interface WantedHours extends HourRange {
  readonly facility: string;
  readonly source: string;
  readonly utcOffsetMinutes: number;
  readonly plan: SourcePlan;
}

/** The changed hours of a source, and as many operating hours around them as its longest window has; none without limits. */
const wantedHours = ({ plan, sourceIds }: PlannedFacility, { source, from, to }: ChangedRange): WantedHours[] => {
  const sourcePlan = plan.sources.find((candidate) => candidate.source === source);
  const sourceId = sourceIds.get(source);
  if (!sourcePlan || sourceId === undefined)
    throw new Error(`source ${source} of facility ${plan.facility} is not in its monitoring plan`);
  const windows = sourcePlan.versions.flatMap(({ limits }) => limits.map(({ operatingHours }) => operatingHours));
  if (windows.length === 0) return [];
  const { facility, utcOffsetMinutes } = plan;
  const around = Math.max(...windows) - 1;
  return [{ facility, source, utcOffsetMinutes, sourceId, from, to, around, plan: sourcePlan }];
};

const checkRange = ({ sourceId, from, to, plan, utcOffsetMinutes }: WantedHours, hours: readonly OperatingHour[]) => {
  // The last window that contains `to` ends with the last hour read; fewer hours after it mean that none is missing.
  const last = Math.max(to, hours.at(-1)?.hour ?? to);
  const documents = hours.map(({ document }) => document);
  const records = limitsInRange(plan, from, last).flatMap((range) => evaluateLimit({ hours: documents, ...range }));
  const operatingHours = hours.flatMap(({ hour }) => (hour >= from && hour <= last ? [hour] : []));
  return { sourceId, from, to: last, records, operatingHours, unlimited: unlimitedHours(plan, utcOffsetMinutes) };
};
